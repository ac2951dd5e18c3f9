using Rouse.Core.Deployments;
using Rouse.Core.Hardware;
using Rouse.Core.Models;
using Rouse.Core.Tenancy;
using Rouse.Server.Caching;
using Rouse.Server.Secrets;
using Rouse.Store.Caching;
using Rouse.Store.Secrets;

namespace Rouse.Server.Hub;

/// <summary>Looking before leaping: what a deployment's model needs and whether its worker can serve it, before anything is bought for it.</summary>
internal sealed class ModelLook(
    HubCatalog hub, SecretStore secrets, SecretCipher cipher, EngineOffers offers, CachePlaces places, CacheStore cache)
{
    /// <summary>With the deployment's own token, if it has one. While the hub is away, what is known of a whole copy in the deployment's cache stands in.</summary>
    public async ValueTask<ModelInspection> InspectAsync(DeploymentState row, CancellationToken ct)
    {
        var kept = await secrets.GetAsync(row.Tenant, row.Id.Value, SecretKinds.HubToken, ct);
        var token = kept is null ? null : cipher.Open(row.Tenant, row.Id.Value, kept);
        var found = (await LookAsync(row.Spec, row.Engine, token, ct)).Inspection;
        if (found is not { Fault: not null, Retryable: true } || places.Of(row.Tenant, row.Spec) is not { } place) return found;
        // Which of several engines it is for, only the hub's list of its files tells, and what is chosen now is kept: that is waited for.
        if (offers.Chooses(row)) return found;
        var copy = await cache.FindNewestAsync(place.Owner, place.Root, row.Spec.Model.Id, CachePlace.Revision(row.Spec), ct);
        return copy is null ? found : new ModelInspection(copy.Wish.VramGb, copy.Wish.Commit) { Engine = offers.EngineOf(row) };
    }

    /// <param name="chosen">What runs it, where that is settled.</param>
    public async ValueTask<ModelLookup> LookAsync(DeploymentSpec spec, WorkerEngine? chosen, Secret? token, CancellationToken ct)
    {
        // A service's image is its own business: it says itself what it needs, and there is nothing to look at.
        if (spec.Service is { } service) return new ModelLookup(new ModelInspection(service.VramGb));
        var engines = chosen is { } one ? [one] : offers.Candidates(spec);
        // A folder is deployed on its own machine only, which has the memory it has; to be chosen from it must be more than one.
        if (spec.Model.Source == ModelSource.Folder && engines.Count < 2) return new ModelLookup(new ModelInspection(0) { Engine = engines is [var only] ? only : null });
        List<(WorkerEngine Engine, FailureCause Why)> objections = [];
        ModelFacts? seen = null;
        foreach (var engine in engines)
        {
            var policy = FormatPolicy.Of(engine, spec.Task);
            var look = spec.Model.Source == ModelSource.Folder ? FolderLook.At(spec.Model, policy) : await hub.InspectAsync(spec.Model, token, policy, ct);
            if (!look.TryGet(out var facts, out var fault)) return new ModelLookup(ModelInspection.Failed(fault.Cause, fault.IsRetryable));
            seen ??= facts;
            if (policy.Judge(facts, spec.Task) is { } objection)
            {
                objections.Add((engine, objection));
                continue;
            }

            if (spec.Model.Source == ModelSource.Folder) return new ModelLookup(new ModelInspection(0) { Engine = engine }, facts);
            var estimate = VramEstimate.From(facts);
            return new ModelLookup(new ModelInspection(estimate.Gb, facts.Commit) { Engine = engine }, facts, estimate);
        }

        return new ModelLookup(ModelInspection.Failed(NoneServes(spec, objections), retryable: false), seen);
    }

    private FailureCause NoneServes(DeploymentSpec spec, IReadOnlyList<(WorkerEngine Engine, FailureCause Why)> objections) => objections switch
    {
        [] => new FailureCause(
            FailureCodes.ModelUnusable,
            $"The workers of {spec.Provider} run {WorkerEngines.Words(offers.At(spec.Provider))} here, and none of it for {spec.Task.Word()}{(spec.Engine is { } asked ? $" with {asked.Word()}" : "")}. {FormatPolicy.WhoServes(spec.Task)}"),
        [var (_, why)] => why,
        _ => new FailureCause(FailureCodes.ModelUnusable, "None of the engines here serves it. " + string.Join(" ", objections.Select(one => $"{one.Engine.Word()}: {one.Why.Message}"))),
    };
}

/// <summary>An inspection and what it rests on.</summary>
/// <param name="Facts">Null when the hub told none, and for a folder.</param>
/// <param name="Estimate">Set when the model can be served and was sized.</param>
internal sealed record ModelLookup(ModelInspection Inspection, ModelFacts? Facts = null, VramEstimate? Estimate = null);
