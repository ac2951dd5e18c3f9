using Rouse.Contracts.Deployments;
using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Server.Features.Catalog;
using Rouse.Server.Http;

namespace Rouse.Server.Features.Deployments;

/// <summary>From rows to what <c>/v1</c> shows.</summary>
internal sealed class DeploymentViews(OwnAddress own)
{
    public DeploymentView View(DeploymentState row, IReadOnlyList<PhaseStamp> phases, IReadOnlyList<LogLine> logs, StartEstimate estimate, DateTimeOffset now) => new()
    {
        DeploymentId = row.Id.Value,
        Name = row.Spec.Name,
        Status = row.Phase.Word(),
        ModelId = ModelId(row),
        Provider = row.Spec.Provider,
        Task = row.Spec.Service is null ? row.Spec.Task.Word() : null,
        Engine = row.Spec.Service is null ? (row.Engine ?? row.Spec.Engine)?.Word() ?? DeploymentWords.Auto : null,
        GpuTier = row.Spec.GpuTier,
        GpuAllocated = row.Backend is null ? null : row.Offer?.Hardware,
        PricePerHourUsd = row.Backend is null ? null : PricePerHour(row),
        RunpodEndpointId = RunpodEndpointId(row),
        BackendId = row.Backend?.Value,
        Attempt = row.Attempt,
        EndpointUrl = EndpointUrl(row.Id, row.Phase),
        ServiceUrl = row.Spec.Service is null ? null : own.Url($"/d/{row.Id}/"),
        Service = row.Spec.Service is { } service ? ServiceRules.View(service) : null,
        CacheScope = row.Spec.Cache switch
        {
            Rouse.Core.Deployments.CacheScope.Shared => "shared",
            Rouse.Core.Deployments.CacheScope.Private => "private",
            _ => null,
        },
        Logs = logs,
        Error = row.Error?.Message,
        ErrorCode = row.Error?.Code,
        ModelVramGb = row.VramGb,
        WaitingFor = Waiting(row)?.Message,
        WaitingCode = Waiting(row)?.Code,
        Pool = WarmPools.View(row.Spec.Workers, now),
        EstimatedRemainingSeconds = Remaining(row, estimate, now),
        PhaseDurations = Durations(row, phases, now),
        Phases = phases,
        CreatedAt = row.CreatedAt,
        ReadyAt = row.ReadyAt,
        EndedAt = row.EndedAt,
        ResourcesReleasedAt = row.ReleasedAt,
    };

    /// <summary>Of one worker, as it was ordered; null where nothing was: what a pod of its owner's costs is agreed on elsewhere, and told by the cost report.</summary>
    public static decimal? PricePerHour(DeploymentState row) => row.Spec.Service is { PodId: not null } || row.Offer is not { } offer ? null : OfferBook.Hourly(offer);

    private static FailureCause? Waiting(DeploymentState row) =>
        row.Phase.IsTerminal() ? null : row.Waiting ?? (row.Phase.IsStarting() && row.Outcome == AttemptOutcome.Refused ? row.Refusal : null);

    public string? EndpointUrl(DeploymentId id, Phase phase) =>
        phase is Phase.Ready or Phase.Hibernated ? own.Url($"/v2/{id}/run") : null;

    /// <summary>From this server's root as callers see it.</summary>
    public string Path(DeploymentId id, string rest = "") => own.Path($"/v1/deployments/{id}{rest}");

    public static string? RunpodEndpointId(DeploymentState row) => row.Spec.Provider == "runpod" ? row.Backend?.Value : null;

    public static ColdStartView? View(ColdStartTimes? times) => times is null ? null
        : new ColdStartView(Seconds(times.Downloading), Seconds(times.Loading), Seconds(times.Warming), Seconds(times.Total) ?? 0, times.WeightsFrom, times.Bytes);

    private static double? Seconds(TimeSpan? span) => span is { } value ? Math.Round(value.TotalSeconds, 3) : null;

    public static string Word(EstimateBasis basis) => basis switch
    {
        EstimateBasis.Model => "model",
        EstimateBasis.AllModels => "all_models",
        _ => "prior",
    };

    public static string ModelId(DeploymentState row) => ModelId(row.Spec);

    public static string ModelId(DeploymentSpec spec) => spec.Model.Revision is null ? spec.Model.Id : $"{spec.Model.Id}@{spec.Model.Revision}";

    public static int Remaining(DeploymentState row, StartEstimate estimate, DateTimeOffset now) =>
        row.Phase.IsStarting() ? estimate.Remaining(now - row.CreatedAt) : 0;

    private static PhaseDurations Durations(DeploymentState row, IReadOnlyList<PhaseStamp> phases, DateTimeOffset now)
    {
        var seconds = new Dictionary<string, double>(StringComparer.Ordinal);
        for (var i = 0; i + 1 < phases.Count; i++)
        {
            seconds[phases[i].Phase] = Math.Round(seconds.GetValueOrDefault(phases[i].Phase) + (phases[i + 1].At - phases[i].At).TotalSeconds, 3);
        }

        var end = row.ReadyAt ?? row.EndedAt ?? now;
        return new PhaseDurations(Math.Round((end - row.CreatedAt).TotalSeconds, 3), seconds);
    }
}
