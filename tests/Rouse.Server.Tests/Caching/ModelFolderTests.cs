using Rouse.Core.Tenancy;
using Rouse.Server.Tests.Host;
using Rouse.TestKit.Hub;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Caching;

/// <summary>Where workers of this machine put files that jobs name by URL: what one tenant's permission opened is not for another's jobs.</summary>
public sealed class ModelFolderTests
{
    [Fact]
    public async Task ATenant_HasAFolderOfItsOwn_UnlessTheOperatorNamesOneForAll()
    {
        await using var hub = await FakeHub.StartAsync(TinyHub.Repository("org/tiny"));
        await using var server = await TestServer.StartAsync(options => options with { HubEndpoint = hub.Endpoint });
        var own = await FolderAsync(server);
        Assert.StartsWith(Path.Combine(server.Folder, "data", "cache", "tenants") + "/", own, StringComparison.Ordinal);
        Assert.Equal("models", Path.GetFileName(own));

        await server.RestartAsync(options => options with
        {
            HubEndpoint = hub.Endpoint, WorkerVariables = new Dictionary<string, Secret> { ["ROUSE_MODELS_FOLDER"] = new("/opt/models-of-all") },
        });
        Assert.Equal("/opt/models-of-all", await FolderAsync(server));
    }

    private static async Task<string> FolderAsync(TestServer server)
    {
        var id = await server.DeployAsync("""{"hf_model_id":"org/tiny"}""");
        string? folder = null;
        await Eventually.TrueAsync(() => (folder = WorkerView.AllOf(id).Select(static worker => worker.Find("ROUSE_MODELS_FOLDER")).FirstOrDefault(static found => found is not null)) is not null);
        return folder!;
    }
}
