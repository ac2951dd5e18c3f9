using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Http;
using Rouse.FakeRunpod.World;

namespace Rouse.FakeRunpod.Templates;

/// <summary><c>/v2/templates</c>.</summary>
internal sealed class TemplateRoutes(RunpodWorld world)
{
    private static readonly Rule s_mounts = Rules.Object(("persistent", Rules.Object(("size*", Rules.Whole(10)), ("path*", Rules.Text()))));

    private static readonly (string Name, Rule Rule)[] s_shared =
    [
        .. ContainerBody.Members,
        ("allowedCudaVersions", Rules.ListOf(Rules.Text(0, @"^\d+\.\d+$"))), ("category", Rules.Word("CPU", "NVIDIA", "AMD")), ("mounts", s_mounts),
        ("public", Rules.Flag), ("serverless", Rules.Flag), ("startJupyter", Rules.Flag), ("startSsh", Rules.Flag),
    ];

    private static readonly Rule s_create = Rules.Object([.. s_shared.Where(static member => member.Name != "image"), ("image*", Rules.Text()), ("name*", Rules.Text(1))]);

    private static readonly Rule s_update = Rules.Object([.. s_shared, ("name", Rules.Text(1))]);

    public void Map(Router router)
    {
        router.Get("/v2/templates", call => Answer.Ok(new JsonObject { ["templates"] = Json.Array(world.Templates.List(call.Account).Select(View)) }));
        router.Post("/v2/templates", s_create, Create);
        router.Get("/v2/templates/{id}", call => With(call, static template => Answer.Ok(View(template))));
        router.Patch("/v2/templates/{id}", s_update, call => With(call, template => Update(call, template)));
        router.Delete("/v2/templates/{id}", call => With(call, Delete));
    }

    private Answer Create(Call call)
    {
        var body = ContainerBody.Defaults();
        foreach (var (name, value) in new JsonObject
        {
            ["mounts"] = new JsonObject(), ["serverless"] = false, ["public"] = false, ["category"] = "NVIDIA",
            ["startSsh"] = true, ["startJupyter"] = true, ["allowedCudaVersions"] = new JsonArray(),
        })
        {
            body[name] = value!.DeepClone();
        }

        Apply(body, call.Members);
        var template = new Template(world.Ids.Next(10), call.Account, body, world.Now);
        world.Templates.Add(template);
        return Answer.Created(View(template));
    }

    private static Answer Update(Call call, Template template)
    {
        Apply(template.Body, call.Members);
        return Answer.Ok(View(template));
    }

    private Answer Delete(Template template)
    {
        if (world.Pods.Alive.Any(pod => pod.Account == template.Account && pod.Body.TextAt("template") == template.Id))
        {
            return Answer.Problem(400, "template is in use by a pod");
        }

        template.DeletedAt = world.Now;
        return Answer.NoContent;
    }

    private static void Apply(JsonObject body, JsonObject changes)
    {
        foreach (var (name, value) in changes) body[name] = value?.DeepClone();
    }

    private Answer With(Call call, Func<Template, Answer> then) =>
        world.Templates.Find(call.Account, call.Id) is { } template ? then(template) : Answer.NotFound("template");

    private static JsonNode View(Template template)
    {
        var view = (JsonObject)template.Body.DeepClone();
        view["id"] = template.Id;
        return view;
    }
}
