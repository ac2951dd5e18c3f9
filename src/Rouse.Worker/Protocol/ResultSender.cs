using System.Net;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Reports;

namespace Rouse.Worker.Protocol;

/// <summary>
/// Brings a result home: GPU time was paid for it, so it is sent until the plane takes or refuses it. Sending one twice is harmless (the
/// plane is idempotent per job id).
/// </summary>
internal sealed class ResultSender(JobPlaneClient plane, WorkerLog log, Clock clock)
{
    /// <summary>
    /// Of a worker that goes on. As long as pings arrive the job is still this worker's, and after that both planes take the result of whoever is first; a job that
    /// ended meanwhile is answered, which ends the sending. Only a plane that never answers this route is given up, when the machine costs more than the result.
    /// </summary>
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromHours(1);

    /// <summary>Of a worker that is to end: longer than a restart of the server. Whoever asked it to end usually waits for less.</summary>
    public static readonly TimeSpan GiveUpEnding = TimeSpan.FromMinutes(5);

    public static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(250);

    /// <summary>Many results may wait at a time, and a plane that is in trouble is not helped by them.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    /// <summary>Of a worker that is to end: several tries fit into the ten seconds that it may have.</summary>
    public static readonly TimeSpan LongestWaitEnding = TimeSpan.FromSeconds(2);

    /// <summary>Bytes of a body above which a plane's bare 400 is taken for "too large", which is how Runpod says it.</summary>
    public const int Suspicious = 1_000_000;

    private readonly Backoff _patient = new(FirstWait, LongestWait, clock.Jitter);
    private readonly Backoff _hurried = new(FirstWait, LongestWaitEnding, clock.Jitter);

    /// <param name="ending">The worker is to end: it is tried at once, and not for as long.</param>
    /// <param name="ct">Drops the result.</param>
    public async Task SendAsync(string job, JobOutcome outcome, CancellationToken ending, CancellationToken ct)
    {
        var (started, failures, isHurried) = (clock.Time.GetTimestamp(), 0, false);
        var body = outcome.ToJson();
        // The body is all that waits, with what it was made of.
        outcome = outcome with { Output = null };
        while (true)
        {
            var status = await plane.DoneAsync(job, body, outcome.IsStream, ct);
            switch (Judge(status, body.Length))
            {
                case Verdict.Taken:
                    if (failures > 0) log.Info($"The result of job {job} was taken after {clock.Time.GetElapsedTime(started).TotalSeconds:0} s.");
                    return;
                case Verdict.TooLarge when outcome.Elsewhere is { } elsewhere:
                    log.Warning($"The job plane does not take the {body.Length} bytes of job {job} (HTTP {(int)status!}): they are kept elsewhere.");
                    body = default;
                    outcome = await elsewhere(ct);
                    body = outcome.ToJson();
                    // Its keeping took time of its own.
                    (started, failures) = (clock.Time.GetTimestamp(), 0);
                    continue;
                case Verdict.TooLarge when outcome.Error is null:
                    outcome = JobOutcome.Failed("result_too_large: what the model says of its result, besides the result, is larger than the job plane takes.") with { IsStream = outcome.IsStream };
                    body = outcome.ToJson();
                    continue;
                case Verdict.Refused or Verdict.TooLarge:
                    log.Warning($"The result of job {job} was refused with HTTP {(int)status!}: it is dropped.");
                    return;
            }

            if (failures++ == 0) log.Warning($"The result of job {job} was not taken ({(status is { } answer ? $"HTTP {(int)answer}" : "no answer")}), trying again.");
            if (!isHurried && ending.IsCancellationRequested) (started, failures, isHurried) = (clock.Time.GetTimestamp(), 1, true);
            var limit = isHurried ? GiveUpEnding : GiveUpAfter;
            if (clock.Time.GetElapsedTime(started) > limit)
            {
                log.Error($"The result of job {job} could not be delivered in {limit.TotalMinutes:0} minutes: it is dropped.");
                return;
            }

            await PauseAsync((isHurried ? _hurried : _patient).After(failures), isHurried ? CancellationToken.None : ending, ct);
        }
    }

    /// <summary>Cut short when the worker is to end.</summary>
    private async Task PauseAsync(TimeSpan pause, CancellationToken ending, CancellationToken ct)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ending, ct);
        try
        {
            await Task.Delay(pause, clock.Time, either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // Tried once more at once.
        }
    }

    private static Verdict Judge(HttpStatusCode? status, int bytes) => status switch
    {
        null or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError => Verdict.Unknown,
        HttpStatusCode.RequestEntityTooLarge => Verdict.TooLarge,
        HttpStatusCode.BadRequest when bytes > Suspicious => Verdict.TooLarge,
        >= HttpStatusCode.OK and < HttpStatusCode.Ambiguous => Verdict.Taken,
        _ => Verdict.Refused,
    };

    private enum Verdict
    {
        Taken,
        TooLarge,
        Refused,
        Unknown,
    }
}
