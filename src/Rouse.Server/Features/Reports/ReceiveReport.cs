using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Rouse.Contracts;
using Rouse.Contracts.Secrecy;
using Rouse.Contracts.Workers;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;
using Rouse.Server.Auth;
using Rouse.Server.Background;
using Rouse.Server.Caching;
using Rouse.Server.Events;
using Rouse.Server.Http;
using Rouse.Server.Secrets;
using Rouse.Store.Caching;
using Rouse.Store.Deployments;
using Rouse.Store.Events;

namespace Rouse.Server.Features.Reports;

/// <summary>
/// <c>POST /internal/v1/deployments/{id}/attempts/{attempt}/reports</c>: what a worker tells of itself, signed with the secret of its attempt. Taken
/// once, in one transaction; news of a given-up attempt changes nothing and answers 410, which tells the worker to stop.
/// </summary>
internal static partial class ReceiveReport
{
    public const int MaxLogLines = 500;
    public const int MaxTextLength = 8192;
    public const int MaxWorkerIdLength = 128;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/internal/v1/deployments/{id}/attempts/{attempt:int}/reports", HandleAsync)
        .IsOpen("Workers show the secret of their attempt.").WithName("reportAttempt").WithSummary("A worker tells of its start").WithTags("worker")
        .Accepts<WorkerReport>("application/json").Produces(StatusCodes.Status204NoContent)
        .Refuses(ErrorCode.InvalidJson, ErrorCode.Unauthorized, ErrorCode.NotFound, ErrorCode.AttemptOver, ErrorCode.TooLarge, ErrorCode.UnsupportedMediaType);

    private static async Task<IResult> HandleAsync(
        HttpContext context, string id, int attempt, CallbackSecrets secrets, TimeProvider time, DeploymentDirectory directory, DeploymentStore store,
        DeploymentMasks masks, ReconcilePorts ports, ReconcileLoop loop, CacheDamage cache, ILogger<SignedReport> logger)
    {
        var signed = await SignedReport.OpenAsync(context, id, attempt, secrets, time);
        if (signed.Refusal is { } refusal) return refusal;
        var body = JsonBody.Parse(signed.Body, RouseJson.Default.WorkerReport);
        if (body.Problem is { } unreadable)
        {
            LogNotTaken(logger, id, attempt, "it is no JSON, or has members that this server does not know");
            return unreadable;
        }

        var parsed = DeploymentId.Parse(id);
        if (await directory.FindAsync(parsed, context.RequestAborted) is not { } located) return Gone();
        var mask = await masks.ForAsync(located.Tenant, parsed, context.RequestAborted);
        if (Parse(body.Value!, attempt, signed.MessageId, mask) is not { } report)
        {
            var why = body.Value!.Phase is { } word && !Phases.TryParse(word, out _) ? "it tells a phase that this server does not know" : "it has a member out of its bounds";
            LogNotTaken(logger, id, attempt, why);
            return Problems.Result(ErrorCode.InvalidJson, $"The report is not taken: {why}.");
        }

        if (body.Value!.Cleanup is not null && await MaySleepAsync(located.Tenant, parsed, store, ports, time, context.RequestAborted)) report = report with { Phase = Phase.Hibernated };
        var outcome = await store.ApplyReportAsync(located.Tenant, parsed, report, CancellationToken.None);
        if (outcome is ReportOutcome.NotFound or ReportOutcome.Stale) return Gone();
        if (report.Phase is not null) loop.Hint(located.Tenant, parsed);
        if (outcome == ReportOutcome.Applied && body.Value!.Cache is { IsDamaged: true }) await cache.DamagedAsync(located.Tenant, parsed, CancellationToken.None);
        return Results.NoContent();
    }

    /// <summary>
    /// Whether a worker's wish to be put away is ours to grant: where nothing else scales it down, what it sleeps as can be woken, and nobody ordered it to
    /// be kept. A wish that is not granted is no fault; the worker asks again after as long a time.
    /// </summary>
    private static async ValueTask<bool> MaySleepAsync(
        TenantId tenant, DeploymentId id, DeploymentStore store, ReconcilePorts ports, TimeProvider time, CancellationToken ct) =>
        await store.LoadAsync(tenant, id, ct) is { } row && row.Spec.Workers.At(time.GetUtcNow()).Min == 0
        && ports.Providers.TryGetValue(row.Spec.Provider, out var provider) && provider.Traits is { CanStop: true, SellsGpus: true, HasOwnQueue: false };

    private static AttemptReport? Parse(WorkerReport report, int attempt, string messageId, SecretMask mask)
    {
        Phase? phase = null;
        if (report.Phase is { } word)
        {
            if (!Phases.TryParse(word, out var known) || known is not (Phase.DownloadingModel or Phase.LoadingModel or Phase.Warming or Phase.Ready or Phase.Failed)) return null;
            phase = known;
        }

        if (report.WorkerId.Length is 0 or > MaxWorkerIdLength || report.Run is { Length: 0 or > MaxWorkerIdLength }) return null;
        if (report.Cleanup is not (null or "idle_timeout") || (report.Cleanup is not null && report.Phase is not null)) return null;
        if (report.Progress is { } counted && (!IsCount(counted.Done) || (counted.Total is { } total && !IsCount(total)))) return null;
        if (report.PhaseTimes is { } times && !AreBounded(times)) return null;
        if (report.Cache is { } use && (!IsCount(use.Requests) || !IsCount(use.Bytes))) return null;
        if (report.Sequence < 1 || !IsCount(report.Sequence) || report.Logs?.Count > MaxLogLines || report.Logs?.Any(static line => line is null) == true) return null;
        FailureCause? failure = null;
        if (phase == Phase.Failed)
        {
            // A code that is not one of ours would be an open set in metrics and for callers.
            var code = report.FailureCode is { } given && FailureCodes.All.Contains(given) ? given : FailureCodes.EngineFailed;
            failure = new FailureCause(code, Shown(mask, report.FailureMessage ?? "The worker gave no reason. Look at the logs."));
        }

        var progress = report.Progress is { } part && part.Done >= 0 && part.Total is null or >= 0 && part.Stage is "download" or "load" && part.Unit is "bytes" or "steps"
            ? new ProgressEntry(part.Stage, part.Done, part.Total, part.Unit)
            : null;
        var lines = (report.Logs ?? []).Select(line => new LogEntry(line.Timestamp, LogLevels.Normalize(line.Level), Shown(mask, line.Message)));
        var worker = report.Run is { } run ? $"{report.WorkerId}/{run}" : report.WorkerId;
        return new AttemptReport(attempt, worker, report.Sequence, phase, failure, [.. lines], progress) { MessageId = messageId, Cache = Use(report.Cache), Times = phase == Phase.Ready ? Times(report.PhaseTimes) : null };
    }

    // Masked before it is cut: half a secret has no known value and no shape.
    private static string Shown(SecretMask mask, string text)
    {
        var shown = LogText.OneLine(mask.Apply(text));
        return shown.Length <= MaxTextLength ? shown : shown[..MaxTextLength];
    }

    private static bool IsCount(long value) => value is >= 0 and <= WorkerReport.MaxCount;

    private static CacheUse? Use(WorkerCacheUse? use) => use is null ? null : new CacheUse(use.Hit ? 1 : 0, use.Hit ? 0 : 1, use.Requests, use.Bytes);

    private static bool AreBounded(WorkerPhaseTimes times) =>
        AreSeconds(times.DownloadingModel) && AreSeconds(times.LoadingModel) && AreSeconds(times.Warming) && (times.Bytes is not { } bytes || IsCount(bytes))
        && (times.WeightsFrom is not { } origin || WeightsOrigins.IsKnown(origin));

    private static bool AreSeconds(double? value) => value is null or (>= 0 and <= WorkerPhaseTimes.MaxSeconds);

    private static ColdStartTimes? Times(WorkerPhaseTimes? times) => times is null ? null
        : new ColdStartTimes(Span(times.DownloadingModel), Span(times.LoadingModel), Span(times.Warming), times.WeightsFrom, times.Bytes);

    // Whole milliseconds, as they are kept: what is told with the phase and what is read later are one figure.
    private static TimeSpan? Span(double? seconds) => seconds is { } value ? TimeSpan.FromMilliseconds((long)Math.Round(value * 1000)) : null;

    // It is signed, so a worker of this server's wrote it: most likely one that is newer than the server.
    [LoggerMessage(LogLevel.Warning, "{Deployment}: a report of attempt {Attempt} was not taken: {Why}. Renew servers before workers.")]
    private static partial void LogNotTaken(ILogger logger, string deployment, int attempt, string why);

    private static IResult Gone() => Problems.Result(ErrorCode.AttemptOver, "The deployment has ended or goes on with another attempt. Stop.");
}
