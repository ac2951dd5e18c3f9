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
    /// <summary>Longer than a restart of the server; after it the lease has run out and the job runs elsewhere.</summary>
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromMinutes(5);

    public static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(250);

    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(15);

    /// <summary>Bytes of a body above which a plane's bare 400 is taken for "too large", which is how Runpod says it.</summary>
    public const int Suspicious = 1_000_000;

    private readonly Backoff _backoff = new(FirstWait, LongestWait, clock.Jitter);

    public async Task SendAsync(string job, JobOutcome outcome, CancellationToken ct)
    {
        var started = clock.Time.GetTimestamp();
        var body = outcome.ToJson();
        for (var failures = 1; ; failures++)
        {
            var status = await plane.DoneAsync(job, body, outcome.IsStream, ct);
            switch (Judge(status, body.Length))
            {
                case Verdict.Taken:
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

            if (clock.Time.GetElapsedTime(started) > GiveUpAfter)
            {
                log.Error($"The result of job {job} could not be delivered in {GiveUpAfter.TotalMinutes:0} minutes: it is dropped.");
                return;
            }

            await Task.Delay(_backoff.After(failures), clock.Time, ct);
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
