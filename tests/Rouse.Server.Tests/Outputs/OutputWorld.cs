using Microsoft.Extensions.DependencyInjection;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Server.Auth;
using Rouse.Server.Outputs;
using Rouse.Server.Tests.Host;
using Rouse.Store;
using Rouse.TestKit.Hub;

namespace Rouse.Server.Tests.Outputs;

/// <summary>A server with a deployment of alice's whose worker the test plays, and bob beside her.</summary>
internal sealed class OutputWorld : IAsyncDisposable
{
    private const string Alice = "alice-key-0123456789";
    private const string Bob = "bob-key-0123456789ab";
    private readonly FakeHub _hub;
    private readonly Func<RouseHostOptions, RouseHostOptions> _change;

    private OutputWorld(FakeHub hub, Func<RouseHostOptions, RouseHostOptions>? change) => (_hub, _change) = (hub, change ?? (static options => options));

    public static (string Name, string Value) AsAlice { get; } = ("Authorization", "Bearer " + Alice);

    public static (string Name, string Value) AsBob { get; } = ("Authorization", "Bearer " + Bob);

    public TestServer Server { get; private set; } = null!;

    public string Deployment { get; private set; } = "";

    public int Attempt { get; private set; }

    public Maker Maker { get; private set; } = null!;

    public OutputShelf Shelf => Server.Host.Services.GetRequiredService<OutputShelf>();

    public static async Task<OutputWorld> StartAsync(Func<RouseHostOptions, RouseHostOptions>? change = null)
    {
        var world = new OutputWorld(await FakeHub.StartAsync(), change);
        world.Server = await TestServer.StartAsync(world.Change);
        var (status, body) = await world.Server.SendAsync(HttpMethod.Post, "/v1/deployments", """{"hf_model_id":"org/name"}""", AsAlice);
        Assert.True(status == 202, body.ToString());
        world.Deployment = body.GetProperty("deployment_id").GetString()!;
        await world.PlayAsync();
        return world;
    }

    public async Task RestartAsync()
    {
        await Server.RestartAsync(Change);
        await PlayAsync();
    }

    /// <summary>So that a real worker of it can be started: an attempt that no provider knows of.</summary>
    public async Task BeginAttemptAsync()
    {
        await Server.Host.Services.GetRequiredService<Database>().WriteAsync(async connection =>
        {
            await using var command = connection.CreateCommand();
            command.CommandText = "update deployments set attempt = 1";
            return await command.ExecuteNonQueryAsync();
        }, CancellationToken.None);
        await RestartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await _hub.DisposeAsync();
    }

    private async Task PlayAsync()
    {
        var id = DeploymentId.Parse(Deployment);
        var located = await Server.Host.Services.GetRequiredService<DeploymentDirectory>().FindAsync(id, CancellationToken.None);
        Attempt = located!.Attempt;
        Maker = new Maker(Server.Http, Deployment, Attempt.ToString(System.Globalization.CultureInfo.InvariantCulture), Server.Host.Services.GetRequiredService<CallbackSecrets>().For(id, Attempt));
    }

    // What is deployed stays where it is.
    private RouseHostOptions Change(RouseHostOptions options) => _change(options with
    {
        Worker = "/there/is/no/worker.dll", ApiKeys = $"alice={Alice},bob={Bob}", HubEndpoint = _hub.Endpoint, EgressAllow = "127.0.0.1",
        Rewire = static ports => ports with { Access = static (_, _) => throw new ProviderException(ProviderFault.RateLimited, "Not in this test.") },
    });
}
