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

/// <summary>What a worker is started with: its place in the job plane, its secret, its model. Made anew for each start, so nothing of it lies on disk.</summary>
/// <param name="controlUrl">Where workers reach this server.</param>
/// <param name="cache">The weights folder that local workers share.</param>
internal sealed class WorkerEnvironment(
    Uri controlUrl, string cache, string hubEndpoint, AttemptTokens tokens, DeploymentDirectory directory, DeploymentStore store, SecretStore secrets, SecretCipher cipher)
{
    /// <summary>Half of what the SDK does by default: a lost local worker is noticed sooner, and loopback is free.</summary>
    private const string PingMilliseconds = "5000";

    /// <returns>Null when the deployment has ended or the attempt is over: nothing may be started for it.</returns>
    public async ValueTask<IReadOnlyDictionary<string, EnvironmentValue>?> ForLocalAsync(BackendName backend, string worker, CancellationToken ct)
    {
        if (await directory.FindAsync(backend.Deployment, ct) is not { } located) return null;
        if (await store.LoadAsync(located.Tenant, backend.Deployment, ct) is not { } row || row.Phase.IsEnded() || row.Attempt != backend.Attempt) return null;
        var token = tokens.For(row.Id, row.Attempt);
        var environment = new Dictionary<string, EnvironmentValue>(StringComparer.Ordinal)
        {
            [WorkerVariables.DeploymentId] = row.Id.Value,
            [WorkerVariables.Attempt] = row.Attempt.ToString(System.Globalization.CultureInfo.InvariantCulture),
            [WorkerVariables.ControlUrl] = controlUrl.GetLeftPart(UriPartial.Authority),
            [WorkerVariables.AttemptToken] = token,
            [WorkerVariables.ModelCache] = cache,
            [WorkerVariables.HubEndpoint] = hubEndpoint,
            [WorkerVariables.LogTunnel] = "0",
            [RunpodVariables.PodId] = worker,
            [RunpodVariables.EndpointId] = row.Id.Value,
            [RunpodVariables.ApiKey] = token,
            [RunpodVariables.PingInterval] = PingMilliseconds,
            [RunpodVariables.SkipSystemChecks] = "true",
            [RunpodVariables.GetJob] = JobUrl(row.Id, "job-take/$ID"),
            [RunpodVariables.PostOutput] = JobUrl(row.Id, "job-done/$RUNPOD_POD_ID/$ID"),
            [RunpodVariables.PostStream] = JobUrl(row.Id, "job-stream/$RUNPOD_POD_ID/$ID"),
            [RunpodVariables.Ping] = JobUrl(row.Id, "ping/$RUNPOD_POD_ID"),
        };
        if (row.Spec.Model.Source == ModelSource.Folder) environment[WorkerVariables.ModelPath] = row.Spec.Model.Id;
        else environment[WorkerVariables.ModelId] = row.Spec.Model.Revision is null ? row.Spec.Model.Id : $"{row.Spec.Model.Id}@{row.Spec.Model.Revision}";
        if (await secrets.GetAsync(row.Tenant, row.Id.Value, SecretKinds.HubToken, ct) is { } sealedToken)
        {
            environment[WorkerVariables.HubToken] = cipher.Open(row.Tenant, row.Id.Value, sealedToken);
        }

        if (Environment.GetEnvironmentVariable(WorkerVariables.OnnxRuntime) is { Length: > 0 } library) environment[WorkerVariables.OnnxRuntime] = library;
        return environment;
    }

    // The '?' must be there: Runpod's SDK appends its parameters with '&'.
    private string JobUrl(DeploymentId id, string path) => $"{controlUrl.GetLeftPart(UriPartial.Authority)}/v2/{id}/{path}?gpu=cpu";
}
