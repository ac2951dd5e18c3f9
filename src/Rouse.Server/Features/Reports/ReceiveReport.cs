using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Contracts.Workers;
using Rouse.Core.Deployments;
using Rouse.Server.Auth;
using Rouse.Server.Background;
using Rouse.Server.Events;
using Rouse.Server.Http;
using Rouse.Store.Deployments;
using Rouse.Store.Events;

namespace Rouse.Server.Features.Reports;

/// <summary>
/// <c>POST /internal/v1/deployments/{id}/attempts/{attempt}/reports</c>: what a worker tells of its start, with the secret of its attempt. Taken
/// once, in one transaction; news of a given-up attempt changes nothing and answers 410, which tells the worker to stop.
/// </summary>
internal static class ReceiveReport
{
    public const int MaxLogLines = 500;
    public const int MaxTextLength = 8192;
    public const int MaxWorkerIdLength = 128;

    /// <summary>500 lines at their longest, with room for JSON's escapes.</summary>
    private const int MaxBytes = 8 * 1024 * 1024;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/internal/v1/deployments/{id}/attempts/{attempt:int}/reports", HandleAsync)
        .IsOpen("Workers show the secret of their attempt.").WithName("reportAttempt").WithSummary("A worker tells of its start").WithTags("worker")
        .Accepts<WorkerReport>("application/json").Produces(StatusCodes.Status204NoContent)
        .Refuses(ErrorCode.InvalidJson, ErrorCode.Unauthorized, ErrorCode.AttemptOver, ErrorCode.TooLarge, ErrorCode.UnsupportedMediaType);

    private static async Task<IResult> HandleAsync(
        HttpContext context, string id, int attempt, AttemptTokens tokens, DeploymentDirectory directory, DeploymentStore store, ReconcileLoop loop)
    {
        var presented = context.Request.Headers.Authorization.ToString();
        var token = presented.StartsWith("Bearer ", StringComparison.Ordinal) ? presented["Bearer ".Length..] : presented;
        if (!DeploymentId.TryParse(id, out var parsed) || !tokens.Matches(parsed, attempt, token))
        {
            return Problems.Result(ErrorCode.Unauthorized, "This is not the secret of this attempt.");
        }

        var body = await JsonBody.ReadAsync(context, RouseJson.Default.WorkerReport, MaxBytes);
        if (body.Problem is { } unreadable) return unreadable;
        if (Parse(body.Value!, attempt) is not { } report) return Problems.Result(ErrorCode.InvalidJson, "The report has a member out of its bounds.");
        if (await directory.FindAsync(parsed, context.RequestAborted) is not { } located) return Gone();
        var outcome = await store.ApplyReportAsync(located.Tenant, parsed, report, CancellationToken.None);
        if (outcome is ReportOutcome.NotFound or ReportOutcome.Stale) return Gone();
        if (report.Phase is not null) loop.Hint(located.Tenant, parsed);
        return Results.NoContent();
    }

    private static AttemptReport? Parse(WorkerReport report, int attempt)
    {
        Phase? phase = null;
        if (report.Phase is { } word)
        {
            if (!Phases.TryParse(word, out var known) || known is not (Phase.DownloadingModel or Phase.LoadingModel or Phase.Ready or Phase.Failed)) return null;
            phase = known;
        }

        if (report.WorkerId.Length is 0 or > MaxWorkerIdLength || report.Sequence < 1 || report.Logs?.Count > MaxLogLines) return null;
        FailureCause? failure = null;
        if (phase == Phase.Failed)
        {
            // A code that is not one of ours would be an open set in metrics and for callers.
            var code = report.FailureCode is { } given && FailureCodes.All.Contains(given) ? given : FailureCodes.EngineFailed;
            failure = new FailureCause(code, Shorten(report.FailureMessage ?? "The worker gave no reason. Look at the logs."));
        }

        var progress = report.Progress is { } part && part.Done >= 0 && part.Total is null or >= 0 && part.Stage is "download" or "load" && part.Unit is "bytes" or "steps"
            ? new ProgressEntry(part.Stage, part.Done, part.Total, part.Unit)
            : null;
        var lines = (report.Logs ?? []).Select(line => new LogEntry(line.Timestamp, LogLevels.Normalize(line.Level), Shorten(line.Message)));
        return new AttemptReport(attempt, report.WorkerId, report.Sequence, phase, failure, [.. lines], progress);
    }

    private static string Shorten(string text) => text.Length <= MaxTextLength ? text : text[..MaxTextLength];

    private static IResult Gone() => Problems.Result(ErrorCode.AttemptOver, "The deployment has ended or goes on with another attempt. Stop.");
}
