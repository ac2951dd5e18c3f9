using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Accounts;
using Rouse.FakeRunpod.Catalog;
using Rouse.FakeRunpod.Http;
using Rouse.FakeRunpod.World;

namespace Rouse.FakeRunpod.Pods;

/// <summary><c>/v2/pods</c>. The texts of missing capacity are Runpod's, word for word: clients know them by nothing else.</summary>
internal sealed class PodRoutes(RunpodWorld world)
{
    /// <summary>github.com/runpod/runpodctl issue 189, among others.</summary>
    public const string NoCapacity = "There are no longer any instances available with the requested specifications. Please refresh and try again.";

    /// <summary>github.com/runpod/runpod-python issues 168 and 239.</summary>
    public const string NoFreeGpus = "There are not enough free GPUs on the host machine to start this pod.";

    public void Map(Router router)
    {
        router.Get("/v2/pods", call => Answer.Ok(new JsonObject { ["pods"] = Json.Array(world.Pods.List(call.Account).Select(View)) }));
        router.Post("/v2/pods", PodBody.Create, Create);
        router.Get("/v2/pods/{id}", call => With(call, pod => Answer.Ok(View(pod))));
        router.Patch("/v2/pods/{id}", PodBody.Update, call => With(call, pod => Update(call, pod)));
        router.Delete("/v2/pods/{id}", call => With(call, Terminate));
        router.Post("/v2/pods/{id}/action", PodBody.Action, call => With(call, pod => Act(pod, call.Members.TextAt("action")!)));
    }

    private Answer Create(Call call)
    {
        var body = call.Members;
        JsonObject? template = null;
        if (body.TextAt("templateId") is { } id)
        {
            if (world.Templates.Find(call.Account, id)?.Body is not { } found) return Answer.NotFound("template");
            template = found;
        }
        else if (body.TextAt("image") is not { Length: > 0 })
        {
            return Answer.Invalid("$: missing property 'image'");
        }

        if (body.ContainsKey("gpu") == body.ContainsKey("cpu")) return Answer.Problem(400, "exactly one of gpu or cpu must be provided");
        if (body["gpu"].TextsAt("allowedCudaVersions").Count > 0 && body["gpu"].TextAt("minCudaVersion") is not null)
        {
            return Answer.Problem(400, "allowedCudaVersions and minCudaVersion are mutually exclusive");
        }

        if (body["mounts"] is JsonObject { Count: > 1 }) return Answer.Problem(400, "mounts.persistent and mounts.network are mutually exclusive");
        var settings = PodBody.Settings(body, template);
        if (Place(body, settings) is not { } pod) return Answer.Problem(400, NoCapacity);
        // An hour must be paid for in advance (docs.runpod.io pods/pricing).
        if (world.BalanceOf(call.Account) < pod.DollarsPerHour) return Answer.Problem(402, "insufficient balance");
        return Answer.Created(View(Add(call.Account, pod, settings)));
    }

    /// <summary>One that nobody made by a call.</summary>
    public Pod Seed(Account account, JsonObject body)
    {
        var settings = PodBody.Settings(body, template: null);
        return Add(account, Place(body, settings) ?? throw new InvalidOperationException("There is no such GPU in stock."), settings);
    }

    private Pod Add(Account account, PodPlace place, JsonObject settings)
    {
        var created = place.Create(account, settings);
        world.Pods.Add(created);
        PodStep.Provision(world, created);
        return created;
    }

    private PodPlace? Place(JsonObject body, JsonObject settings)
    {
        if (settings["gpu"] is not JsonObject wanted) return new PodPlace(world, "", 0.1m, DataCenterFact.All[0].Id);
        if (GpuFact.All.FirstOrDefault(fact => fact.Id == wanted.TextAt("id")) is not { } gpu) return null;
        var (stock, count) = (world.Market.Of(gpu), wanted.WholeAt("count")!.Value);
        var centers = body.TextsAt("dataCenterIds");
        var center = stock.DataCenters.FirstOrDefault(id => centers.Count == 0 || centers.Contains(id, StringComparer.Ordinal));
        var price = world.Market.PodPrice(gpu, settings.TextAt("cloud")!);
        return center is null || price == 0 || world.Market.Level(stock) == "NONE" || world.Market.Free(stock) < count
            ? null
            : new PodPlace(world, stock.Pool, price * count, center);
    }

    private Answer Update(Call call, Pod pod)
    {
        var body = call.Members;
        ContainerBody.Apply(pod.Body, body);
        foreach (var name in new[] { "name", "locked" })
        {
            if (body[name] is { } value) pod.Body[name] = value.DeepClone();
        }

        return Answer.Ok(View(pod));
    }

    private Answer Act(Pod pod, string action)
    {
        if (!pod.Actions.Contains(action, StringComparer.Ordinal))
        {
            return Answer.Problem(409, $"action {action} is not valid for a pod that is {pod.State.ToString().ToUpperInvariant()}");
        }

        if ((bool)pod.Body["locked"]! && action != "start") return Answer.Problem(409, "pod is locked");
        switch (action)
        {
            case "start" when world.Script.HostHasNoFreeGpu || (pod.GpuCount > 0 && world.Market.Free(world.Market.Find(pod.Pool)!) < pod.GpuCount):
                return Answer.Problem(400, NoFreeGpus);
            case "start":
                PodStep.Provision(world, pod);
                break;
            case "stop":
                PodStep.Stop(world, pod);
                break;
            case "restart":
                pod.Container.Stop();
                PodStep.Provision(world, pod);
                break;
            default:
                return Terminate(pod);
        }

        return Answer.Ok(View(pod));
    }

    private Answer Terminate(Pod pod)
    {
        PodStep.Terminate(world, pod);
        return Answer.NoContent;
    }

    private Answer With(Call call, Func<Pod, Answer> then) => world.Pods.Find(call.Account, call.Id) is { } pod ? then(pod) : Answer.NotFound("pod");

    private JsonNode View(Pod pod) => PodBody.View(pod, world.Now);
}
