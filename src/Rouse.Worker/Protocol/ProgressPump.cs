using System.Threading.Channels;

namespace Rouse.Worker.Protocol;

/// <summary>
/// Sends a job's newest progress now and then while the engine runs on: the engine never waits for the network, and once the pump is
/// disposed nothing more is sent and what was has been answered, so no note can arrive after the result.
/// </summary>
internal sealed class ProgressPump : IAsyncDisposable
{
    /// <summary>Shortest time between two notes of one job.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>For the answer to the last note: a plane that is slower than this must tell late notes from news itself.</summary>
    public static readonly TimeSpan LastNote = TimeSpan.FromSeconds(1);

    private readonly Channel<ReadOnlyMemory<byte>> _newest = Channel.CreateBounded<ReadOnlyMemory<byte>>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private readonly CancellationTokenSource _ending = new();
    private readonly CancellationTokenSource _cutting;
    private readonly Task _sending;

    public ProgressPump(Func<ReadOnlyMemory<byte>, CancellationToken, Task> send, TimeProvider time)
    {
        _cutting = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _sending = SendAsync(send, time);
    }

    public void Offer(ReadOnlyMemory<byte> note) => _newest.Writer.TryWrite(note);

    public async ValueTask DisposeAsync()
    {
        // A request that is cut off may have been read all the same, and be worked on after the result.
        _cutting.CancelAfter(LastNote);
        await _ending.CancelAsync();
        await _sending;
        _ending.Dispose();
        _cutting.Dispose();
    }

    private async Task SendAsync(Func<ReadOnlyMemory<byte>, CancellationToken, Task> send, TimeProvider time)
    {
        try
        {
            while (true)
            {
                await send(await _newest.Reader.ReadAsync(_ending.Token), _cutting.Token);
                await Task.Delay(Interval, time, _ending.Token);
            }
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            // The job has ended.
        }
    }
}
