using System.Collections.Concurrent;
using System.Text;
using Rouse.Core.Jobs;
using Rouse.Core.Ports;

namespace Rouse.Server.Tests.Relay;

/// <summary>A provider's queue as the port shows it: what it answers is what the test says. It outlives the relays that call it.</summary>
internal sealed class ScriptedQueue(TimeProvider time) : IJobRelay
{
    private readonly ConcurrentDictionary<ProviderJobId, JobSighting?> _jobs = new();
    private readonly ConcurrentQueue<Submitted> _submitted = new();
    private readonly ConcurrentQueue<ProviderJobId> _cancelled = new();
    private readonly ConcurrentQueue<DateTimeOffset> _looks = new();

    /// <summary>Everything that was taken, in order.</summary>
    public IReadOnlyList<Submitted> Taken => [.. _submitted];

    public IReadOnlyList<ProviderJobId> Cancelled => [.. _cancelled];

    /// <summary>When each look came.</summary>
    public IReadOnlyList<DateTimeOffset> Looks => [.. _looks];

    /// <summary>How often a submission was asked for, taken or not.</summary>
    public int Asked { get; private set; }

    /// <summary>What submissions are refused with; null: they are taken.</summary>
    public Func<ProviderException?> Refusal { get; set; } = static () => null;

    /// <summary>Jobs are taken, but the answer never comes.</summary>
    public bool LosesReplies { get; set; }

    /// <summary>Submissions wait for it.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>Called before each look.</summary>
    public Func<ValueTask> OnLook { get; set; } = static () => ValueTask.CompletedTask;

    /// <summary>What becomes of new jobs.</summary>
    public Func<JobSighting> Start { get; set; } = static () => new JobSighting(JobStatus.InQueue);

    public async ValueTask<ProviderJobId> SubmitAsync(BackendId backend, HandedJob job, ProviderAccess access, CancellationToken ct)
    {
        Asked++;
        await Gate.WaitAsync(ct);
        if (Refusal() is { } refusal) throw refusal;
        var id = new ProviderJobId($"{backend}-{_submitted.Count + 1}");
        _jobs[id] = Start();
        _submitted.Enqueue(new Submitted(id, backend, job, time.GetUtcNow()));
        return LosesReplies ? throw new ProviderException(ProviderFault.Unknown, "The answer was lost.") : id;
    }

    public async ValueTask<JobSighting?> LookAsync(BackendId backend, ProviderJobId job, ProviderAccess access, CancellationToken ct)
    {
        _looks.Enqueue(time.GetUtcNow());
        await OnLook().AsTask().WaitAsync(ct);
        return _jobs.GetValueOrDefault(job);
    }

    public ValueTask CancelAsync(BackendId backend, ProviderJobId job, ProviderAccess access, CancellationToken ct)
    {
        _cancelled.Enqueue(job);
        return ValueTask.CompletedTask;
    }

    public void Show(ProviderJobId job, JobStatus status, string? output = null, string? error = null, TimeSpan? execution = null) =>
        _jobs[job] = new JobSighting(status, output is null ? null : Encoding.UTF8.GetBytes(output), error, execution);

    public void Forget(ProviderJobId job) => _jobs[job] = null;

    internal sealed record Submitted(ProviderJobId Id, BackendId Backend, HandedJob Job, DateTimeOffset At);
}
