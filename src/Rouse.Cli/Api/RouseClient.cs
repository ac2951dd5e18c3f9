using System.Text.Json;
using Rouse.Contracts;
using Rouse.Contracts.Catalog;
using Rouse.Contracts.Costs;
using Rouse.Contracts.Deployments;
using Rouse.Contracts.Jobs;
using Rouse.Contracts.Tenants;

namespace Rouse.Cli.Api;

/// <summary>The server's routes, one method each.</summary>
internal sealed class RouseClient(HttpCalls calls, EventStream events)
{
    /// <summary>Deployments asked for in one page.</summary>
    private const int PageSize = 100;

    /// <summary>Pages read at most: 10,000 deployments, beyond which a person should filter.</summary>
    private const int MaxPages = 100;

    /// <summary>The server's shortest wait of runsync: it answers at once when the job is that quick, else with the job's id.</summary>
    private const int RunSyncWaitMs = 1000;

    public Uri Server => calls.Server;

    public WebhookClient Webhooks { get; } = new(calls);

    public Task<Reply<CreateDeploymentReply>> CreateAsync(CreateDeploymentRequest request, string idempotencyKey, CancellationToken ct)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(request, ClientJson.Api.CreateDeploymentRequest);
        return calls.PostAsync("v1/deployments", body, idempotencyKey, ClientJson.Api.CreateDeploymentReply, ct);
    }

    public Task<Reply<DeploymentView>> GetAsync(string id, CancellationToken ct)
        => calls.GetAsync($"v1/deployments/{Uri.EscapeDataString(id)}", ClientJson.Api.DeploymentView, ct);

    public Task<Reply<DeploymentCost>> CostAsync(string id, CancellationToken ct)
        => calls.GetAsync($"v1/deployments/{Uri.EscapeDataString(id)}/cost", ClientJson.Api.DeploymentCost, ct);

    /// <summary>All deployments, newest first.</summary>
    public async Task<Reply<List<DeploymentView>>> ListAsync(CancellationToken ct)
    {
        List<DeploymentView> all = [];
        var cursor = "";
        for (var page = 0; page < MaxPages; page++)
        {
            var reply = await calls.GetAsync($"v1/deployments?limit={PageSize}{cursor}", ClientJson.Api.DeploymentPage, ct);
            if (!reply.TryGet(out var found, out var failure)) return failure;
            all.AddRange(found.Deployments);
            if (found.NextCursor is null) break;
            cursor = "&cursor=" + Uri.EscapeDataString(found.NextCursor);
        }

        return all;
    }

    public Task<Reply<DeploymentView>> SetAwakeAsync(string id, bool awake, CancellationToken ct) =>
        calls.PostAsync($"v1/deployments/{Uri.EscapeDataString(id)}/{(awake ? "wake" : "sleep")}", json: null, idempotencyKey: null, ClientJson.Api.DeploymentView, ct);

    public Task<Reply<Answer>> DeleteAsync(string id, CancellationToken ct) => calls.DeleteAsync($"v1/deployments/{Uri.EscapeDataString(id)}", ct);

    /// <summary>All events from the beginning, until the deployment is ready or has ended.</summary>
    public IAsyncEnumerable<StreamNews> EventsAsync(string id, CancellationToken ct) => events.ReadAsync(
        $"v1/deployments/{Uri.EscapeDataString(id)}/stream", phase => phase is PhaseWords.Ready or PhaseWords.Failed or PhaseWords.Deleted, ct);

    /// <summary>All log lines from the beginning, until the deployment has ended.</summary>
    public IAsyncEnumerable<StreamNews> LogsAsync(string id, CancellationToken ct) => events.ReadAsync(
        $"v1/deployments/{Uri.EscapeDataString(id)}/logs/stream", phase => phase is PhaseWords.Failed or PhaseWords.Deleted, ct);

    /// <summary>Submits a job; not repeatable, so an unknown outcome is told and not tried again.</summary>
    /// <param name="sync">Whether to wait a moment for the result, which a quick job then comes with.</param>
    public Task<Reply<JobView>> RunAsync(string id, RunRequest request, bool sync, CancellationToken ct)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(request, ClientJson.Jobs.RunRequest);
        var route = sync ? $"runsync?wait={RunSyncWaitMs}" : "run";
        return calls.PostAsync($"v2/{Uri.EscapeDataString(id)}/{route}", body, null, ClientJson.Jobs.JobView, ct);
    }

    public Task<Reply<JobView>> JobAsync(string id, string job, CancellationToken ct)
        => calls.GetAsync($"v2/{Uri.EscapeDataString(id)}/status/{Uri.EscapeDataString(job)}", ClientJson.Jobs.JobView, ct);

    /// <param name="verb"><c>cancel</c> or <c>retry</c>.</param>
    public Task<Reply<JobView>> ChangeJobAsync(string id, string verb, string job, CancellationToken ct) => calls.PostAsync(
        $"v2/{Uri.EscapeDataString(id)}/{verb}/{Uri.EscapeDataString(job)}", null, null, ClientJson.Jobs.JobView, ct);

    /// <summary>Takes the chunks that came since the last call.</summary>
    public Task<Reply<StreamReply>> ChunksAsync(string id, string job, CancellationToken ct)
        => calls.GetAsync($"v2/{Uri.EscapeDataString(id)}/stream/{Uri.EscapeDataString(job)}", ClientJson.Jobs.StreamReply, ct);

    public Task<Reply<EndpointHealth>> HealthAsync(string id, CancellationToken ct)
        => calls.GetAsync($"v2/{Uri.EscapeDataString(id)}/health", ClientJson.Jobs.EndpointHealth, ct);

    public Task<Reply<ServiceReply>> ServiceAsync(CancellationToken ct) => calls.GetAsync("./", ClientJson.Api.ServiceReply, ct);

    public Task<Reply<StatusReply>> ReadinessAsync(CancellationToken ct) => calls.GetAsync("readiness", ClientJson.Api.StatusReply, ct);

    public Task<Reply<StatusReply>> LivenessAsync(CancellationToken ct) => calls.GetAsync("health", ClientJson.Api.StatusReply, ct);

    public Task<Reply<Answer>> MetricsAsync(CancellationToken ct) => calls.GetTextAsync("metrics", ct);

    public Task<Reply<DoctorReport>> DoctorAsync(CancellationToken ct) => calls.GetAsync("v1/doctor", ClientJson.Api.DoctorReport, ct);

    public Task<Reply<GpuList>> GpusAsync(string? region, CancellationToken ct)
        => calls.GetAsync("v1/gpus" + (region is null ? "" : "?region=" + Uri.EscapeDataString(region)), ClientJson.Api.GpuList, ct);

    public Task<Reply<ModelSearchReply>> SearchAsync(string words, string? task, int limit, CancellationToken ct)
    {
        var filter = task is null ? "" : "&task=" + Uri.EscapeDataString(task);
        var path = FormattableString.Invariant($"v1/models/search?q={Uri.EscapeDataString(words)}{filter}&limit={limit}");
        return calls.GetAsync(path, ClientJson.Api.ModelSearchReply, ct);
    }

    public Task<Reply<PlanReply>> PlanAsync(CreateDeploymentRequest request, CancellationToken ct) => calls.PostAsync(
        "v1/plan", JsonSerializer.SerializeToUtf8Bytes(request, ClientJson.Api.CreateDeploymentRequest), null, ClientJson.Api.PlanReply, ct);

    public Task<Reply<CreatedKey>> CreateKeyAsync(CreateKeyRequest request, string idempotencyKey, CancellationToken ct) => calls.PostAsync(
        "v1/keys", JsonSerializer.SerializeToUtf8Bytes(request, ClientJson.Api.CreateKeyRequest), idempotencyKey, ClientJson.Api.CreatedKey, ct);

    public Task<Reply<KeyView>> AddRunpodKeyAsync(AddRunpodKeyRequest request, CancellationToken ct) => calls.PostAsync(
        "v1/keys/runpod", JsonSerializer.SerializeToUtf8Bytes(request, ClientJson.Api.AddRunpodKeyRequest), null, ClientJson.Api.KeyView, ct);

    public Task<Reply<KeyList>> KeysAsync(string? tenant, CancellationToken ct) => calls.GetAsync("v1/keys" + Of(tenant), ClientJson.Api.KeyList, ct);

    public Task<Reply<Answer>> RevokeKeyAsync(string id, string? tenant, CancellationToken ct) => calls.DeleteAsync($"v1/keys/{Uri.EscapeDataString(id)}" + Of(tenant), ct);

    private static string Of(string? tenant) => tenant is null ? "" : "?tenant=" + Uri.EscapeDataString(tenant);

    public Task<Reply<CacheList>> CacheAsync(CancellationToken ct) => calls.GetAsync("v1/cache", ClientJson.Api.CacheList, ct);

    public Task<Reply<CacheEntryView>> FillCacheAsync(string model, CancellationToken ct) => calls.PostAsync(
        "v1/cache", JsonSerializer.SerializeToUtf8Bytes(new CacheFillRequest { HfModelId = model }, ClientJson.Api.CacheFillRequest), null, ClientJson.Api.CacheEntryView, ct);

    public Task<Reply<CacheRemovalReply>> EmptyCacheAsync(string model, CancellationToken ct) =>
        calls.DeleteAsync($"v1/cache?hf_model_id={Uri.EscapeDataString(model)}", ClientJson.Api.CacheRemovalReply, ct);

    public Task<Reply<CleanupReport>> CleanUpAsync(bool dryRun, CancellationToken ct) => calls.PostAsync(
        "v1/cleanup", JsonSerializer.SerializeToUtf8Bytes(new CleanupRequest(dryRun), ClientJson.Api.CleanupRequest), null, ClientJson.Api.CleanupReport, ct);

    /// <summary>One step; to be repeated until it is over.</summary>
    public Task<Reply<RotationReply>> RotateSecretsAsync(CancellationToken ct) =>
        calls.PostAsync("v1/secrets/rotate", null, null, ClientJson.Api.RotationReply, ct);
}
