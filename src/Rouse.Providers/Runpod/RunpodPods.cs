using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;

namespace Rouse.Providers.Runpod;

/// <summary>
/// Runpod's pods as a provider: a backend is one pod with one worker, which asks Rouse's own job plane for work. Asleep it is stopped: its GPU is free
/// for others then, so waking it may find none (<see cref="ProviderFault.Capacity"/>), and its volume goes on costing.
/// </summary>
public sealed class RunpodPods : IProvider
{
    public const string Kind = "runpod-pods";

    private readonly RunpodClient _client;
    private readonly RunpodOptions _options;
    private readonly RunpodRegions _regions = new();
    private readonly PerAccount<PodsAccount> _accounts;

    public RunpodPods(RunpodClient client, RunpodOptions options, TimeProvider time)
    {
        (_client, _options) = (client, options);
        _accounts = new PerAccount<PodsAccount>(options.Accounts, key => new PodsAccount(client, options, time, key));
        Traits = new ProviderTraits
        {
            Kind = Kind,
            CanStop = true,
            SellsGpus = true,
            KnowsRegion = _regions.Knows,
            MaxNameLength = RunpodNames.MaxLength,
            ListLag = options.ListLag + options.ListFreshness,
            CallTimeout = options.CallTimeout,
        };
    }

    public ProviderTraits Traits { get; }

    public async ValueTask<IReadOnlyList<Offer>> ListOffersAsync(string? region, ProviderAccess access, CancellationToken ct)
    {
        var gpus = (await _accounts[RunpodClient.Key(access)].ListGpusAsync(ct)).Gpus ?? [];
        _regions.Learn(gpus);
        return RunpodOffers.OfTypes(gpus, Kind, region, region is null ? null : _regions.Resolve(region));
    }

    public async ValueTask<BackendId> CreateAsync(BackendRequest request, ProviderAccess access, CancellationToken ct)
    {
        var key = RunpodClient.Key(access);
        if (_options is { Image: null, PodTemplateId: null }) throw RunpodFaults.NoImage();
        var environment = request.Environment.ToDictionary(variable => variable.Key, variable => variable.Value.Reveal(), StringComparer.Ordinal);
        var secrets = request.Environment.Values.Where(value => value.Hidden is not null).Select(value => value.Reveal());
        var centers = request.Offer.Region is { } region ? _regions.Resolve(region) : null;
        var account = _accounts[key];
        try
        {
            var made = await _client.CreatePodAsync(Order(request, environment, centers), secrets, key, ct);
            if (made.Id is not { Length: > 0 } id) throw RunpodFaults.Unknown("create the pod", "the answer names no id");
            if (RunpodFlaw.Of(made.Name, request.Name, made.Env, environment) is not { } flaw) return new BackendId(id);
            // When this fails too, its fault says so: the next pass finds the pod in the list, and its worker, which knows nothing of us, never reports.
            await _client.DeletePodAsync(id, key, ct);
            throw new ProviderException(ProviderFault.Rejected, flaw.Message) { Code = flaw.Code };
        }
        finally
        {
            account.Changed();
        }
    }

    public async ValueTask<IReadOnlyList<ObservedBackend>> ListOwnedAsync(OwnerPrefix prefix, ProviderAccess access, CancellationToken ct)
    {
        var pods = await _accounts[RunpodClient.Key(access)].ListAsync(ct);
        return [.. pods.Where(pod => pod.Name.Owner == prefix).Select(pod => pod.Observe(_options))];
    }

    public async ValueTask SetRunningAsync(BackendId id, bool running, ProviderAccess access, CancellationToken ct)
    {
        var key = RunpodClient.Key(access);
        try
        {
            var answer = await _client.ActOnPodAsync(id.Value, running ? "start" : "stop", key, ct);
            if (answer == PodAnswer.Done || (answer == PodAnswer.Absent && !running)) return;
            if (answer == PodAnswer.Absent) throw new ProviderException(ProviderFault.Rejected, $"Runpod has no pod {id}; it was deleted, or never was.");
            await RequireStateAsync(id, running, key, ct);
        }
        finally
        {
            _accounts[key].Changed();
        }
    }

    /// <summary>A pod is one worker; there are no bounds to set.</summary>
    public ValueTask ScaleAsync(BackendId id, WorkerScaling workers, ProviderAccess access, CancellationToken ct) => ValueTask.CompletedTask;

    public async ValueTask DeleteAsync(BackendId id, ProviderAccess access, CancellationToken ct)
    {
        var key = RunpodClient.Key(access);
        try
        {
            await _client.DeletePodAsync(id.Value, key, ct);
        }
        finally
        {
            _accounts[key].Changed();
        }
    }

    /// <summary>An action was refused for the pod's state. That is fine when it is the state that was asked for.</summary>
    private async Task RequireStateAsync(BackendId id, bool running, Secret key, CancellationToken ct)
    {
        var pod = await _client.GetPodAsync(id.Value, key, ct);
        var status = pod?.Status ?? "gone";
        var isSo = running ? status is "RUNNING" or "STARTING" or "PROVISIONING" : status is "EXITED" or "TERMINATED" or "gone";
        if (isSo) return;
        throw new ProviderException(
            ProviderFault.Rejected, $"Runpod does not {(running ? "start" : "stop")} pod {id}, which is {status} or locked. Unlock it at Runpod, or delete the deployment.");
    }

    private CreatePodBody Order(BackendRequest request, Dictionary<string, string> environment, IReadOnlyList<string>? centers) => new()
    {
        Name = request.Name.ToString(),
        Image = _options.PodTemplateId is null ? _options.Image : null,
        TemplateId = _options.PodTemplateId,
        Disk = _options.PodTemplateId is null ? _options.ContainerDiskGb : null,
        Env = environment,
        Ports = _options.PodPorts.Count == 0 ? null : _options.PodPorts,
        Gpu = new PodGpu(request.Offer.Hardware, Count: 1),
        DataCenterIds = centers,
        Mounts = (_options.PodNetworkVolume, _options.PodVolumeGb) switch
        {
            ({ } volume, _) => new PodMounts(Network: [new NetworkMount(volume, _options.PodVolumePath)]),
            (null, > 0) => new PodMounts(new PersistentMount(Math.Max(10, _options.PodVolumeGb), _options.PodVolumePath)),
            _ => null,
        },
    };
}
