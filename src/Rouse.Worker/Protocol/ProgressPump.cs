using System.Threading.Channels;

namespace Rouse.Worker.Protocol;

/// <summary>
/// Sends a job's newest progress now and then while the engine runs on: the engine never waits for the network, and once the pump is
/// disposed nothing more is sent, so no note can arrive after the result.
/// </summary>
internal sealed class ProgressPump : IAsyncDisposable
{
    /// <summary>Shortest time between two notes of one job.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private readonly Channel<ReadOnlyMemory<byte>> _newest = Channel.CreateBounded<ReadOnlyMemory<byte>>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private readonly CancellationTokenSource _ending = new();
    private readonly Task _sending;

    public ProgressPump(Func<ReadOnlyMemory<byte>, CancellationToken, Task> send, TimeProvider time) => _sending = SendAsync(send, time);

    public void Offer(ReadOnlyMemory<byte> note) => _newest.Writer.TryWrite(note);

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _sending;
        _ending.Dispose();
    }

    private async Task SendAsync(Func<ReadOnlyMemory<byte>, CancellationToken, Task> send, TimeProvider time)
    {
        try
        {
            while (true)
            {
                await send(await _newest.Reader.ReadAsync(_ending.Token), _ending.Token);
                await Task.Delay(Interval, time, _ending.Token);
            }
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            // The job has ended.
        }
    }
}
