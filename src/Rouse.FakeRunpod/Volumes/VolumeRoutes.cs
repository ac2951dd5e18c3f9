using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Billing;
using Rouse.FakeRunpod.Catalog;
using Rouse.FakeRunpod.Http;
using Rouse.FakeRunpod.World;

namespace Rouse.FakeRunpod.Volumes;

/// <summary><c>/v2/network-volumes</c>.</summary>
internal sealed class VolumeRoutes(RunpodWorld world)
{
    private static readonly Rule s_create = Rules.Object(
        ("name*", Rules.Text(1)), ("size*", Rules.Whole(10, 4096)), ("dataCenter*", Rules.Text(1)), ("type", Rules.Word("STANDARD", "HIGH_PERFORMANCE")));

    private static readonly Rule s_update = Rules.Object(("name", Rules.Text(1)), ("size", Rules.Whole(10, 4096)));

    public void Map(Router router)
    {
        router.Get("/v2/network-volumes", call => Answer.Ok(new JsonObject { ["networkVolumes"] = Json.Array(world.Volumes.List(call.Account).Select(View)) }));
        router.Post("/v2/network-volumes", s_create, Create);
        router.Get("/v2/network-volumes/{id}", call => With(call, static volume => Answer.Ok(View(volume))));
        router.Patch("/v2/network-volumes/{id}", s_update, call => With(call, volume => Update(call, volume)));
        router.Delete("/v2/network-volumes/{id}", call => With(call, Delete));
    }

    private Answer Create(Call call)
    {
        if (DataCenterFact.All.All(center => center.Id != call.Members.TextAt("dataCenter"))) return Answer.Problem(400, "unknown data center");
        var body = (JsonObject)call.Members.DeepClone();
        body["type"] ??= "STANDARD";
        var volume = new Resource(world.Ids.Next(10), call.Account, body, world.Now);
        world.Volumes.Add(volume);
        Open(volume);
        return Answer.Created(View(volume));
    }

    private Answer Update(Call call, Resource volume)
    {
        if (call.Members.Count == 0) return Answer.Invalid("$: at least one property is required");
        if (call.Members.WholeAt("size") is { } size && size < volume.Body.WholeAt("size")) return Answer.Problem(400, "size cannot be reduced");
        foreach (var (name, value) in call.Members) volume.Body[name] = value?.DeepClone();
        world.Ledger.CloseAll(volume.Id);
        Open(volume);
        return Answer.Ok(View(volume));
    }

    private Answer Delete(Resource volume)
    {
        volume.DeletedAt = world.Now;
        world.Ledger.CloseAll(volume.Id);
        return Answer.NoContent;
    }

    private void Open(Resource volume) =>
        world.Ledger.Open(volume.Account.Name, ChargeKind.Volume, volume.Id, StoragePrice.Volume(volume.Body.WholeAt("size")!.Value));

    private Answer With(Call call, Func<Resource, Answer> then) =>
        world.Volumes.Find(call.Account, call.Id) is { } volume ? then(volume) : Answer.NotFound("network volume");

    private static JsonNode View(Resource volume)
    {
        var view = (JsonObject)volume.Body.DeepClone();
        view["id"] = volume.Id;
        return view;
    }
}
