using Microsoft.AspNetCore.Http;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;
using Rouse.Server.Features.Deployments;
using Rouse.Server.Http;
using Rouse.Store.Deployments;

namespace Rouse.Server.Features.Doors;

/// <summary>Which of its deployments a tenant means: by id, by its own name for it, or by the model where that says enough.</summary>
internal sealed class DoorDeployments(DeploymentStore store)
{
    /// <summary>Looked at, newest first; who has more names them by id.</summary>
    private const int MaxLive = 1_000;

    /// <summary>Named in an error.</summary>
    private const int MaxCandidates = 10;

    public ValueTask<IReadOnlyList<DeploymentState>> ListAsync(TenantId tenant, CancellationToken ct) => store.ListLiveAsync(tenant, MaxLive, ct);

    public async ValueTask<DeploymentState?> GetAsync(TenantId tenant, DeploymentId id, CancellationToken ct) => (await store.GetAsync(tenant, id, ct))?.State;

    /// <param name="word">Null where the request named none: then it must be the only one.</param>
    public async ValueTask<(DeploymentState? Found, IResult? Refusal)> FindAsync(TenantId tenant, string? word, string member, CancellationToken ct)
    {
        if (DeploymentId.TryParse(word, out var id)) return await GetAsync(tenant, id, ct) is { } known ? (known, null) : (null, Missing(member));
        var live = await ListAsync(tenant, ct);
        var meant = word is null ? live : [.. live.Where(one => one.Spec.Name == word)];
        if (meant.Count == 0) meant = [.. live.Where(one => one.Spec.Model.Id == word || DeploymentViews.ModelId(one) == word)];
        if (meant.Count == 0) return (null, Missing(member));
        if (meant.Count == 1) return (meant[0], null);
        // One that can answer goes before those that are still to start.
        return meant.Where(one => one.Phase is Phase.Ready or Phase.Hibernated).ToList() is [var only] && word is not null
            ? (only, null)
            : (null, DoorErrors.Of(DoorErrors.Ambiguous, $"Name one of your deployments in '{member}': {string.Join(", ", meant.Take(MaxCandidates).Select(Describe))}{(meant.Count > MaxCandidates ? ", …" : "")}.", member));
    }

    /// <summary>What a list calls it: its name where that is its alone, else its id.</summary>
    public static string WordOf(DeploymentState one, IReadOnlyList<DeploymentState> live) =>
        one.Spec.Name is { } name && live.Count(other => other.Spec.Name == name) == 1 ? name : one.Id.Value;

    private static string Describe(DeploymentState one) => $"{one.Id} ({one.Spec.Name ?? DeploymentViews.ModelId(one)}, {one.Phase.Word()})";

    private static IResult Missing(string member) =>
        DoorErrors.Of(DoorErrors.NoModel, $"'{member}' names no deployment of yours. GET /openai/v1/models lists them.", member);
}
