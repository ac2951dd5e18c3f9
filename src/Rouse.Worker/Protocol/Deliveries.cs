using Rouse.Worker.Lifetime;
using Rouse.Worker.Outputs;

namespace Rouse.Worker.Protocol;

/// <summary>
/// Results on their way home. One that takes its time, because a store or the plane does, leaves the engine to the next job; the jobs go on being pinged as held. They wait in
/// memory: a file would outlive the worker, and nobody would send it. When too much waits no further job is taken, for there would be no telling what it came to either.
/// </summary>
internal sealed class Deliveries(OutputDesk outputs, ResultSender results, Shutdown shutdown, Clock clock)
{
    /// <summary>How long a result keeps its engine's place: a healthy plane has taken it by then.</summary>
    public static readonly TimeSpan Prompt = TimeSpan.FromSeconds(5);

    /// <summary>Results; a plane that has not taken these needs no further ones.</summary>
    public const int Most = 32;

    /// <summary>Bytes of all that wait, as their engines gave them; the last one may go beyond.</summary>
    public const long MostBytes = 256L << 20;

    private int _count;
    private long _bytes;

    public bool HasRoom => Volatile.Read(ref _count) < Most && Interlocked.Read(ref _bytes) < MostBytes;

    /// <param name="stopped">The server does not want it any more.</param>
    /// <returns>Ends when the job is told, given up or dropped; the task around it, when the engine may go on.</returns>
    public async Task<Task> BeginAsync(string job, JobOutcome outcome, CancellationToken stopped)
    {
        var delivery = DeliverAsync(job, outcome, stopped);
        await PromptlyAsync(delivery);
        return delivery;
    }

    private async Task PromptlyAsync(Task delivery)
    {
        using var over = new CancellationTokenSource();
        await Task.WhenAny(delivery, Task.Delay(Prompt, clock.Time, over.Token));
        await over.CancelAsync();
    }

    private async Task DeliverAsync(string job, JobOutcome outcome, CancellationToken stopped)
    {
        var size = Parcel.Of(job, outcome)?.Size ?? 0;
        Interlocked.Increment(ref _count);
        Interlocked.Add(ref _bytes, size);
        using var dropped = CancellationTokenSource.CreateLinkedTokenSource(stopped, shutdown.Forgetting);
        try
        {
            await results.SendAsync(job, await outputs.PlaceAsync(job, outcome, dropped.Token), shutdown.Draining, dropped.Token);
        }
        finally
        {
            Interlocked.Add(ref _bytes, -size);
            Interlocked.Decrement(ref _count);
        }
    }
}
