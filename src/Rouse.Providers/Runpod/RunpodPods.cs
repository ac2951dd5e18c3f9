using System.Globalization;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;

namespace Rouse.Providers.Runpod;

/// <summary>
/// Runpod's pods as a provider: a backend is one pod, with a worker that asks Rouse's own job plane for work, or with a service's image that is asked.
/// Asleep it is stopped: its GPU is free for others then, so waking it may find none (<see cref="ProviderFault.Capacity"/>), and its volume goes on
/// costing.
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
            ServesModels = options.PodsServeModels,
            AddressOf = (id, service) => PodAddress.Of(options.PodAddress, id, service.Port),
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
        if (request.Spec.Service is null && _options is { Image: null, PodTemplateId: null } && _options.OwnImageOf(request.Engine) is null) throw RunpodFaults.NoImage();
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
            await PodSwitch.SetAsync(_client, id, running, key, ct);
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

    private CreatePodBody Order(BackendRequest request, Dictionary<string, string> environment, IReadOnlyList<string>? centers)
    {
        var body = new CreatePodBody
        {
            Name = request.Name.ToString(), Env = environment, Gpu = new PodGpu(request.Offer.Hardware, Count: 1), DataCenterIds = centers, Mounts = Mounts(_options.PodNetworkVolume),
        };
        if (request.Spec.Service is { } service)
        {
            // A volume of the operator's is for its own workers; a caller's container gets the caller's.
            return body with
            {
                Image = service.Image, Args = service.Args, Disk = _options.ContainerDiskGb, Mounts = Mounts(service.NetworkVolume),
                Ports = [string.Create(CultureInfo.InvariantCulture, $"{service.Port}/http")],
            };
        }

        var own = _options.OwnImageOf(request.Engine);
        var template = own is null ? _options.PodTemplateId : null;
        return body with
        {
            Image = template is null ? own ?? _options.Image : null,
            TemplateId = template,
            Disk = template is null ? _options.ContainerDiskGb : null,
            Ports = _options.PodPorts.Count == 0 ? null : _options.PodPorts,
        };
    }

    private PodMounts? Mounts(string? networkVolume) => (networkVolume, _options.PodVolumeGb) switch
    {
        ({ } volume, _) => new PodMounts(Network: [new NetworkMount(volume, _options.PodVolumePath)]),
        (null, > 0) => new PodMounts(new PersistentMount(Math.Max(10, _options.PodVolumeGb), _options.PodVolumePath)),
        _ => null,
    };
}
