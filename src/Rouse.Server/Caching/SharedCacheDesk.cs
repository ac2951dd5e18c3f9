using Rouse.Contracts;
using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Core.Ports;
using Rouse.Server.Background;
using Rouse.Server.Hub;
using Rouse.Store.Caching;

namespace Rouse.Server.Caching;

/// <summary>What the operator asks of the shared cache.</summary>
/// <param name="newId">Of a new entry.</param>
/// <param name="wake">The loop that fills and removes.</param>
/// <param name="shared">Null where there is none.</param>
internal sealed class SharedCacheDesk(CacheStore entries, ModelLook look, ReconcilePorts ports, Func<string> newId, Action wake, SharedCache? shared = null)
{
    /// <summary>Entries shown at once. A list of allowed models is not that long.</summary>
    public const int MaxEntries = 1000;

    public SharedCache? Shared => shared;

    public async ValueTask<IReadOnlyList<CacheEntry>> ListAsync(CancellationToken ct) => await entries.ListAsync(tenant: null, MaxEntries, ct);

    /// <summary>Asks for a copy of what the model is now. What is there already stays as it is.</summary>
    /// <returns>The entry, or why there can be none.</returns>
    public async ValueTask<(CacheEntry? Entry, ModelInspection? Refusal)> FillAsync(ModelRef model, CancellationToken ct)
    {
        var found = await InspectAsync(model, ct);
        if (found is not { Inspection: { Fault: null, Commit: { } commit }, Facts: { } facts }) return (null, found.Inspection);
        if (facts.IsGated) return (null, ModelInspection.Failed(new FailureCause(FailureCodes.ModelGated, $"{model.Id} is gated, so it never enters the shared cache."), retryable: false));
        var place = new CachePlace(Owner: null, shared!.Location);
        var wish = new CacheWish
        {
            Tenant = null, Root = place.Root, Place = place.Of(model.Id, commit), Model = model.Id, Revision = model.Revision ?? "main", Commit = commit,
            VramGb = found.Inspection.VramGb,
        };
        await entries.WantAsync(newId(), wish, ct);
        wake();
        return (await entries.FindAsync(tenant: null, wish.Place, ct), null);
    }

    public async ValueTask<int> RemoveAsync(string model, CancellationToken ct)
    {
        var removing = await entries.RequestRemovalAsync(tenant: null, model, ct);
        wake();
        return removing;
    }

    public static CacheEntryView View(CacheEntry entry) => new(
        entry.Wish.Model, entry.Wish.Commit, Word(entry.State), entry.Files, entry.Bytes, entry.StoredAt, entry.Failure);

    /// <summary>Without a token: what needs one is not for everybody. Good for one kind of worker and one task is good enough.</summary>
    private async ValueTask<ModelLookup> InspectAsync(ModelRef model, CancellationToken ct)
    {
        ModelLookup? refused = null;
        foreach (var spec in ports.Providers.Keys.Order(StringComparer.Ordinal).SelectMany(provider => ModelTasks.All.Select(task => new DeploymentSpec { Model = model, Provider = provider, Task = task })))
        {
            var found = await look.LookAsync(spec, chosen: null, token: null, ct);
            if (found.Inspection.Fault is null) return found;
            refused ??= found;
        }

        return refused!;
    }

    private static string Word(CacheState state) => state switch
    {
        CacheState.Wanted => "wanted",
        CacheState.Complete => "complete",
        CacheState.Failed => "failed",
        _ => "removing",
    };
}
