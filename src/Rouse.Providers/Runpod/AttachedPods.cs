using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Providers.External;

namespace Rouse.Providers.Runpod;

/// <summary>
/// Pods that their owner made. A deployment starts and stops the one it names and never deletes it: when the deployment ends, the pod is left as it is,
/// running or stopped, because only its owner knows what else it is for. A pod bears its owner's name, so whose it is here is told by the deployments.
/// </summary>
/// <param name="installation">The first word of every name.</param>
public sealed class AttachedPods(RunpodClient client, RunpodOptions options, TimeProvider time, string installation, ClaimReader claims) : IProvider
{
    public const string Kind = "attached-pod";

    private readonly PerAccount<SharedRead<IReadOnlyList<PodFacts>>> _lists = new(
        options.Accounts,
        key => new SharedRead<IReadOnlyList<PodFacts>>(
            async () => [.. ((await client.ListPodsAsync(key, CancellationToken.None)).Pods ?? []).Select(PodFacts.Of).OfType<PodFacts>()],
            options.ListFreshness,
            options.ListSpacing,
            time));

    public ProviderTraits Traits { get; } = new()
    {
        Kind = Kind,
        CanStop = true,
        NeedsKey = true,
        ServesModels = false,
        AddressOf = (id, service) => PodAddress.Of(options.PodAddress, id, service.Port),
        MaxNameLength = RunpodNames.MaxLength,
        ListLag = options.ListFreshness,
        CallTimeout = options.CallTimeout,
    };

    /// <summary>It has the GPU it has, at the price its owner agreed on.</summary>
    public ValueTask<IReadOnlyList<Offer>> ListOffersAsync(string? region, ProviderAccess access, CancellationToken ct) =>
        ValueTask.FromResult<IReadOnlyList<Offer>>([new Offer(Kind, "pod", VramGb: 0, PricePerSecond: 0)]);

    /// <summary>Makes nothing: finds out whether the pod is there and this deployment may have it.</summary>
    public async ValueTask<BackendId> CreateAsync(BackendRequest request, ProviderAccess access, CancellationToken ct)
    {
        if (request.Spec.Service?.PodId is not { } pod) throw new ProviderException(ProviderFault.Rejected, "Only a service with a pod_id can be attached to a pod.");
        var found = await client.GetPodAsync(pod, RunpodClient.Key(access), ct);
        if (found is null or { Status: "TERMINATED" })
        {
            throw new ProviderException(ProviderFault.Rejected, $"Runpod has no pod {pod} on this account. Compare the id and the key with Runpod's console.");
        }

        if (RunpodNames.TryParse(found.Name, out _)) throw new ProviderException(ProviderFault.Rejected, $"Pod {pod} was made by a deployment, which starts and stops it already.");
        var rivals = (await ClaimsAsync(access.Tenant, ct)).Where(claim => claim.Service.PodId == pod).ToList();
        if (Holder(rivals) is { } holder && holder.Name.Deployment != request.Name.Deployment)
        {
            throw new ProviderException(ProviderFault.Rejected, $"Pod {pod} is attached to {holder.Name.Deployment}. Delete that deployment first.");
        }

        return new BackendId(pod);
    }

    public async ValueTask<IReadOnlyList<ObservedBackend>> ListOwnedAsync(OwnerPrefix prefix, ProviderAccess access, CancellationToken ct)
    {
        // Another installation's deployments lie in another store, and another tenant's are not asked for.
        if (prefix != OwnerPrefix.For(installation, access.Tenant)) return [];
        var claimed = (await ClaimsAsync(access.Tenant, ct)).GroupBy(claim => claim.Service.PodId!, StringComparer.Ordinal)
            .ToDictionary(claims => claims.Key, claims => Holder(claims)!, StringComparer.Ordinal);
        if (claimed.Count == 0) return [];
        var pods = await _lists[RunpodClient.Key(access)].GetAsync(ct);
        return [.. pods.Where(pod => claimed.ContainsKey(pod.Id.Value)).Select(pod => pod.Observe(claimed[pod.Id.Value].Name, options))];
    }

    public async ValueTask SetRunningAsync(BackendId id, bool running, ProviderAccess access, CancellationToken ct)
    {
        var key = RunpodClient.Key(access);
        try
        {
            await PodSwitch.SetAsync(client, id, running, key, ct);
        }
        finally
        {
            _lists[key].Forget();
        }
    }

    /// <summary>A pod is one worker; there are no bounds to set.</summary>
    public ValueTask ScaleAsync(BackendId id, WorkerScaling workers, ProviderAccess access, CancellationToken ct) => ValueTask.CompletedTask;

    /// <summary>Its deployment forgets it, and it stays as it is.</summary>
    public ValueTask DeleteAsync(BackendId id, ProviderAccess access, CancellationToken ct) => ValueTask.CompletedTask;

    /// <summary>One pod is one deployment's: that of the oldest.</summary>
    private static ClaimedBackend? Holder(IEnumerable<ClaimedBackend> claims) =>
        claims.Aggregate(seed: (ClaimedBackend?)null, static (first, next) => first is null || next.IsBefore(first) ? next : first);

    private async ValueTask<IReadOnlyList<ClaimedBackend>> ClaimsAsync(TenantId tenant, CancellationToken ct) =>
        [.. (await claims(tenant, Kind, ct)).Where(claim => claim.Service.PodId is not null && claim.Name.Owner == OwnerPrefix.For(installation, tenant))];

    /// <summary>What is kept of a listed pod, whosoever it is: nothing of its variables.</summary>
    private sealed record PodFacts(BackendId Id, string Status, int DiskGb, int VolumeGb, decimal? UsdPerHour)
    {
        public static PodFacts? Of(PodReply reply) => reply is { Id: { Length: > 0 } id, Status: not "TERMINATED" }
            ? new PodFacts(new BackendId(id), reply.Status ?? "", reply.Disk ?? 0, reply.Mounts?.Persistent?.Size ?? 0, reply.Cost)
            : null;

        public ObservedBackend Observe(BackendName name, RunpodOptions options) => new PodView(Id, name, Status, DiskGb, VolumeGb).Observe(options) with { WorkerUsdPerHour = UsdPerHour };
    }
}
