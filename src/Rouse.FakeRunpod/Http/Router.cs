using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Rouse.FakeRunpod.Http;

/// <summary>Maps the management API: every handler runs behind <see cref="ManagementPipeline"/>, in the world's lock.</summary>
internal sealed class Router(IEndpointRouteBuilder routes, ManagementPipeline pipeline)
{
    public void Get(string path, Func<Call, Answer> handle) => Map("GET", path, rule: null, handle);

    public void Delete(string path, Func<Call, Answer> handle) => Map("DELETE", path, rule: null, handle);

    public void Post(string path, Rule rule, Func<Call, Answer> handle) => Map("POST", path, rule, handle);

    public void Patch(string path, Rule rule, Func<Call, Answer> handle) => Map("PATCH", path, rule, handle);

    private void Map(string method, string path, Rule? rule, Func<Call, Answer> handle) =>
        routes.MapMethods(path, [method], (RequestDelegate)(context => pipeline.HandleAsync(context, rule, handle)));
}
