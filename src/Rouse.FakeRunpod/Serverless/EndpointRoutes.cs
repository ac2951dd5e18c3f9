using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Http;
using Rouse.FakeRunpod.World;

namespace Rouse.FakeRunpod.Serverless;

/// <summary><c>/v2/serverless</c>.</summary>
internal sealed class EndpointRoutes(RunpodWorld world)
{
    private static readonly string[] s_rolled = ["image", "args", "disk", "ports", "env", "registry", "gpu", "cpu", "dataCenterIds", "networkVolumes"];

    public void Map(Router router)
    {
        router.Get("/v2/serverless", call => Answer.Ok(new JsonObject { ["endpoints"] = Json.Array(world.Endpoints.List(call.Account).Select(View)) }));
        router.Post("/v2/serverless", EndpointBody.Create, Create);
        router.Get("/v2/serverless/{id}", call => With(call, endpoint => Answer.Ok(View(endpoint))));
        router.Patch("/v2/serverless/{id}", EndpointBody.Update, call => With(call, endpoint => Update(call, endpoint)));
        router.Delete("/v2/serverless/{id}", call => With(call, Delete));
        router.Get("/v2/serverless/{id}/workers", call => With(call, static endpoint => Answer.Ok(WorkerViews.List(endpoint))));
        router.Get("/v2/serverless/{id}/releases", call => With(call, static endpoint => Answer.Ok(WorkerViews.Releases(endpoint))));
    }

    /// <summary>Makes an endpoint past all rules, as a colleague would in the console.</summary>
    public ServerlessEndpoint Add(Accounts.Account account, JsonObject settings)
    {
        if (world.Script.DropEndpointEnv) settings["env"] = new JsonObject();
        var endpoint = new ServerlessEndpoint(world, world.Ids.Next(), account, settings);
        world.Endpoints.Add(endpoint);
        return endpoint;
    }

    public void Change(ServerlessEndpoint endpoint, JsonObject settings)
    {
        if (world.Script.DropEndpointEnv) settings["env"] = new JsonObject();
        var old = (JsonObject)endpoint.Body.DeepClone();
        foreach (var (name, value) in settings) endpoint.Body[name] = value?.DeepClone();
        endpoint.LastActive = world.Now;
        var diff = s_rolled.Where(name => !JsonNode.DeepEquals(old[name], endpoint.Body[name]))
            .Select(name => (JsonNode)new JsonObject { ["field"] = name, ["old"] = old[name]?.DeepClone(), ["new"] = endpoint.Body[name]?.DeepClone() })
            .ToList();
        // Changing how many workers there may be does not replace those there are.
        if (diff.Count > 0) endpoint.Releases.Add(new Release("rel_" + world.Ids.Next(), ++endpoint.Version, world.Now, Json.Array(diff)));
    }

    public void Remove(ServerlessEndpoint endpoint)
    {
        endpoint.DeletedAt = world.Now;
        foreach (var worker in endpoint.Workers) worker.Container.Stop();
        endpoint.Workers.Clear();
        endpoint.Queue.Close();
    }

    private Answer Create(Call call)
    {
        var body = call.Members;
        var (template, refusal) = TemplateOf(call);
        if (refusal is not null) return refusal;
        if (template is null && body.TextAt("image") is not { Length: > 0 }) return Answer.Invalid("$: missing property 'image'");
        if (world.BalanceOf(call.Account) <= 0) return Answer.Problem(402, "insufficient balance");
        var settings = EndpointBody.Settings(body, template);
        return EndpointRules.Check(world, call.Account, settings, null) ?? Answer.Created(View(Add(call.Account, settings)));
    }

    private Answer Update(Call call, ServerlessEndpoint endpoint)
    {
        var body = call.Members;
        var (template, refusal) = TemplateOf(call);
        if (refusal is not null) return refusal;
        if (body["gpu"] is JsonObject gpu && (endpoint.Body["gpu"] is null || (gpu.ContainsKey("excludedTypes") && !gpu.ContainsKey("pools"))))
        {
            return Answer.Problem(400, endpoint.Body["gpu"] is null ? "compute family cannot be changed" : "gpu.excludedTypes requires gpu.pools");
        }

        var settings = (JsonObject)endpoint.Body.DeepClone();
        EndpointBody.Edit(settings, body, template);
        if (EndpointRules.Check(world, call.Account, settings, endpoint) is { } refused) return refused;
        Change(endpoint, settings);
        return Answer.Ok(View(endpoint));
    }

    private Answer Delete(ServerlessEndpoint endpoint)
    {
        // Read in several clients of the service: workers must be taken away first. The words are this fake's own.
        if (endpoint.Max > 0 || endpoint.Min > 0) return Answer.Problem(400, "set workers.min and workers.max to 0 before deleting this endpoint");
        Remove(endpoint);
        return Answer.NoContent;
    }

    /// <summary>The template a body names; nothing when it names none.</summary>
    private (JsonObject? Template, Answer? Refusal) TemplateOf(Call call)
    {
        if (call.Members.TextAt("templateId") is not { } id) return (null, null);
        if (world.Templates.Find(call.Account, id)?.Body is not { } found) return (null, Answer.NotFound("template"));
        return (bool)found["serverless"]! ? (found, null) : (null, Answer.Invalid("$.templateId: not a serverless template"));
    }

    private Answer With(Call call, Func<ServerlessEndpoint, Answer> then) =>
        world.Endpoints.Find(call.Account, call.Id) is { } endpoint ? then(endpoint) : Answer.NotFound("endpoint");

    private string Balancer(ServerlessEndpoint endpoint) => world.BalancerUrl.Replace("{id}", endpoint.Id, StringComparison.Ordinal);

    private JsonNode View(ServerlessEndpoint endpoint)
    {
        var view = (JsonObject)endpoint.Body.DeepClone();
        var url = $"{world.JobsUrl}/{endpoint.Id}";
        view["id"] = endpoint.Id;
        view["createdAt"] = endpoint.CreatedAt.UtcDateTime;
        view["requestUrls"] = endpoint.IsQueue
            ? new JsonObject
            {
                ["run"] = $"{url}/run",
                ["runSync"] = $"{url}/runsync",
                ["status"] = $"{url}/status/{{job_id}}",
                ["stream"] = $"{url}/stream/{{job_id}}",
                ["cancel"] = $"{url}/cancel/{{job_id}}",
                ["retry"] = $"{url}/retry/{{job_id}}",
                ["purgeQueue"] = $"{url}/purge-queue",
                ["health"] = $"{url}/health",
            }
            : new JsonObject { ["base"] = Balancer(endpoint), ["health"] = Balancer(endpoint) + endpoint.Body.MapAt("env").GetValueOrDefault("HEALTH_CHECK_PATH", "/ping") };
        return view;
    }
}
