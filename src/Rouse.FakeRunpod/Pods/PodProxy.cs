using System.Globalization;
using Microsoft.AspNetCore.Http;
using Rouse.FakeRunpod.Http;
using Rouse.FakeRunpod.World;

namespace Rouse.FakeRunpod.Pods;

/// <summary>
/// What <c>https://{pod}-{port}.proxy.runpod.net</c> is on the real service, as the path <c>/{pod}-{port}/…</c>: 404 for a pod that does not run or does
/// not serve the port, 502 where nothing listens. Bodies stream both ways; upgrades are not passed on.
/// </summary>
internal sealed class PodProxy(RunpodWorld world, Func<Func<string, int, Uri?>> servers) : IDisposable
{
    private readonly Passage _passage = new();

    public async Task HandleAsync(HttpContext context)
    {
        var (label, tail) = Passage.Split(context.Request.Path.Value!);
        if (Find(label) is not { } target)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        var server = servers()(target.Pod, target.Port);
        await _passage.PassAsync(context, server is null ? null : new Uri(server.ToString().TrimEnd('/') + tail + context.Request.QueryString));
    }

    public void Dispose() => _passage.Dispose();

    private (string Pod, int Port)? Find(string label)
    {
        var dash = label.LastIndexOf('-');
        if (dash < 1 || !int.TryParse(label.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)) return null;
        var id = label[..dash];
        return world.Read(() => world.Pods.Alive.FirstOrDefault(pod => pod.Id == id) is { State: PodState.Running } pod && pod.Serves(port)) ? (id, port) : null;
    }
}
