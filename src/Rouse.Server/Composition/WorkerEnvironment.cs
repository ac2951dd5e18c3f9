using System.Globalization;
using Rouse.Contracts.Telemetry;
using Rouse.Contracts.Workers;
using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Server.Auth;
using Rouse.Server.Secrets;
using Rouse.Store.Deployments;
using Rouse.Store.Secrets;

namespace Rouse.Server.Composition;

/// <summary>What a worker is started with: its place in the job plane, its secret, its model, its engine. Made anew for each start, so nothing of it lies on disk.</summary>
/// <param name="controlUrl">Where this machine's workers reach this server.</param>
/// <param name="remoteUrl">Where workers elsewhere reach it; null when they cannot.</param>
/// <param name="cache">The weights folder that local workers share. What not everybody may see lies in a folder of its tenant in it.</param>
/// <param name="outputsByUrl">What jobs make is always put where this server says.</param>
internal sealed class WorkerEnvironment(
    Uri controlUrl, Uri? remoteUrl, string cache, string hubEndpoint, AttemptTokens tokens, CallbackSecrets callbacks, WorkerOversight oversight, IReadOnlyDictionary<string, string> tracing, DeploymentDirectory directory, DeploymentStore store, SecretStore secrets,
    SecretCipher cipher, AccountNames names, EngineOffers engines, OperatorVariables operators, bool outputsByUrl = false)
{
    /// <summary>Half of what the SDK does by default: a lost local worker is noticed sooner, and loopback is free.</summary>
    private const string PingMilliseconds = "5000";

    /// <returns>Null when the deployment has ended or the attempt is over: nothing may be started for it.</returns>
    public async ValueTask<IReadOnlyDictionary<string, EnvironmentValue>?> ForLocalAsync(BackendName backend, string worker, CancellationToken ct)
    {
        if (await directory.FindAsync(backend.Deployment, ct) is not { } located) return null;
        if (await store.LoadAsync(located.Tenant, backend.Deployment, ct) is not { } row || row.Phase.IsEnded() || row.Attempt != backend.Attempt) return null;
        var environment = await CommonAsync(row, row.Attempt, controlUrl, operators.Local, ct);
        AddJobPlane(environment, row, row.Attempt, controlUrl);
        var own = Path.Combine(cache, "tenants", names.TenantFolder(row.Tenant));
        environment[WorkerVariables.ModelCache] = IsForAll(row.Spec, environment) ? cache : own;
        // Files that jobs name by URL may have come by somebody's permission. A folder that the operator names is for all tenants, and the operator's word.
        environment.TryAdd(ModelFileVariables.Folder, Path.Combine(own, "models"));
        environment[WorkerVariables.LogTunnel] = "0";
        environment[RunpodVariables.PodId] = worker;
        environment[RunpodVariables.PingInterval] = PingMilliseconds;
        // Where to send spans, for workers on this machine; not the headers, which are the operator's credentials.
        foreach (var (name, value) in tracing) environment[name] = value;
        if (row.Spec.Model.Source == ModelSource.Folder) environment[WorkerVariables.ModelPath] = row.Spec.Model.Id;
        if (Environment.GetEnvironmentVariable(WorkerVariables.OnnxRuntime) is { Length: > 0 } library) environment[WorkerVariables.OnnxRuntime] = library;
        return environment;
    }

    /// <summary>For a worker at a provider, which adds what is its own: the worker's id and, where it has a queue, its job plane.</summary>
    public async ValueTask<IReadOnlyDictionary<string, EnvironmentValue>> ForRemoteAsync(DeploymentState row, int attempt, bool hasOwnQueue, CancellationToken ct)
    {
        var environment = await CommonAsync(row, attempt, remoteUrl, row.Spec.Account is null ? operators.Remote : operators.Foreign, ct);
        if (!hasOwnQueue && remoteUrl is not null) AddJobPlane(environment, row, attempt, remoteUrl);
        if (!hasOwnQueue)
        {
            // A pod: nobody but its worker sees that it idles, or that every job breaks on it.
            var idle = row.Spec.Workers.IdleTimeout > oversight.CleanupIdleTimeout ? row.Spec.Workers.IdleTimeout : oversight.CleanupIdleTimeout;
            var seconds = row.Spec.Workers.Min > 0 ? 0 : (int)Math.Clamp(idle.TotalSeconds, 60, 7200);
            environment[WorkerVariables.CleanupIdleTimeout] = seconds.ToString(CultureInfo.InvariantCulture);
            environment[WorkerVariables.SoleWorker] = "1";
        }

        return environment;
    }

    private async ValueTask<Dictionary<string, EnvironmentValue>> CommonAsync(
        DeploymentState row, int attempt, Uri? control, IReadOnlyDictionary<string, EnvironmentValue> further, CancellationToken ct)
    {
        // First, so that nothing of it stands where ours does.
        var environment = new Dictionary<string, EnvironmentValue>(further, StringComparer.Ordinal)
        {
            [WorkerVariables.DeploymentId] = row.Id.Value,
            [WorkerVariables.Attempt] = attempt.ToString(CultureInfo.InvariantCulture),
            [WorkerVariables.HubEndpoint] = hubEndpoint,
            [WorkerVariables.CleanupFailureThreshold] = oversight.CleanupFailureThreshold.ToString(CultureInfo.InvariantCulture),
            [WorkerVariables.Task] = row.Spec.Task.Word(),
        };
        if (engines.EngineOf(row) is { } engine) environment[WorkerVariables.Engine] = engine.Word();
        if ((Tracing.TraceParent ?? row.TraceParent) is { } trace) environment[WorkerVariables.TraceParent] = trace;
        if (control is not null)
        {
            // From our own configuration only: a caller's Host header must not choose where workers report (tests: S16).
            environment[WorkerVariables.ControlUrl] = Base(control);
            environment[WorkerVariables.CallbackSecret] = new Secret(callbacks.For(row.Id, attempt).Reveal());
            // That there may be a copy, and nothing of where or how: the worker asks when it starts, which may be days from now.
            if (row.Spec.Cache != CacheScope.Off) environment[WorkerVariables.ObjectCache] = "1";
            if (outputsByUrl) environment[OutputVariables.Mode] = "store";
        }

        if (row.Spec.Model.Source == ModelSource.Hub) environment[WorkerVariables.ModelId] = row.Spec.Model.Revision is null ? row.Spec.Model.Id : $"{row.Spec.Model.Id}@{row.Spec.Model.Revision}";
        if (await secrets.GetAsync(row.Tenant, row.Id.Value, SecretKinds.HubToken, ct) is { } sealedToken)
        {
            environment[WorkerVariables.HubToken] = cipher.Open(row.Tenant, row.Id.Value, sealedToken);
        }

        return environment;
    }

    private void AddJobPlane(Dictionary<string, EnvironmentValue> environment, DeploymentState row, int attempt, Uri server)
    {
        environment[RunpodVariables.EndpointId] = row.Id.Value;
        environment[RunpodVariables.ApiKey] = environment[WorkerVariables.AttemptToken] = tokens.For(row.Id, attempt);
        environment[RunpodVariables.SkipSystemChecks] = "true";
        environment[RunpodVariables.GetJob] = JobUrl(server, row.Id, "job-take/$ID");
        environment[RunpodVariables.PostOutput] = JobUrl(server, row.Id, "job-done/$RUNPOD_POD_ID/$ID");
        environment[RunpodVariables.PostStream] = JobUrl(server, row.Id, "job-stream/$RUNPOD_POD_ID/$ID");
        environment[RunpodVariables.Ping] = JobUrl(server, row.Id, "ping/$RUNPOD_POD_ID");
    }

    // What a token opened, or a tenant's own store holds, would be served to every other tenant that asks for the same model: the files are there already.
    private static bool IsForAll(DeploymentSpec spec, Dictionary<string, EnvironmentValue> environment) =>
        spec.Cache != CacheScope.Private && !environment.ContainsKey(WorkerVariables.HubToken);

    private static string Base(Uri server) => server.GetLeftPart(UriPartial.Path).TrimEnd('/');

    // The '?' must be there: Runpod's SDK appends its parameters with '&'.
    private static string JobUrl(Uri server, DeploymentId id, string path) => $"{Base(server)}/v2/{id}/{path}?gpu=cpu";
}
