using Rouse.Core.Tenancy;

namespace Rouse.Providers.Runpod;

/// <summary>One account's pods and GPU types as all its callers see them. Thread-safe.</summary>
internal sealed class PodsAccount(RunpodClient client, RunpodOptions options, TimeProvider time, Secret key)
{
    private readonly SharedRead<GpuListReply> _gpus = new(
        () => client.ListGpusAsync("POD", key, CancellationToken.None), options.CatalogueFreshness, options.ListSpacing, time);

    private readonly SharedRead<IReadOnlyList<PodView>> _list = new(
        async () => [.. ((await client.ListPodsAsync(key, CancellationToken.None)).Pods ?? []).Select(PodView.Of).OfType<PodView>()],
        options.ListFreshness,
        options.ListSpacing,
        time);

    public Task<IReadOnlyList<PodView>> ListAsync(CancellationToken ct) => _list.GetAsync(ct);

    public Task<GpuListReply> ListGpusAsync(CancellationToken ct) => _gpus.GetAsync(ct);

    /// <summary>Something of ours changed: the next list is read after it.</summary>
    public void Changed() => _list.Forget();
}
