using Rouse.TestKit.Time;

namespace Rouse.Cli.Tests.Gateway;

/// <summary>SIGTERM at the real server while it holds requests, and forwards others.</summary>
public sealed class HeldStopTests : IAsyncLifetime
{
    private const int InFlight = 5;
    private const int Held = 20;

    private readonly GatewayProgram _server = new();
    private RecordedService _awake = null!;
    private RecordedService _asleep = null!;

    public async Task InitializeAsync()
    {
        (_awake, _asleep) = (await RecordedService.StartAsync(), await RecordedService.StartAsync());
        _asleep.IsAwake = false;
        await _server.StartAsync(("ROUSE_DRAIN_DELAY_SECONDS", "1"));
    }

    public async Task DisposeAsync()
    {
        _server.Dispose();
        await _awake.DisposeAsync();
        await _asleep.DisposeAsync();
    }

    [Fact]
    public async Task ToldToStop_WhatIsForwardedEnds_WhatIsHeldIsHandedBack_AndNothingIsReset()
    {
        await _server.DeployAsync("awake", _awake, $",\"concurrency\":{InFlight}");
        await _server.DeployAsync("asleep", _asleep, "");
        _awake.Close();
        using var flying = await Callers.ConnectAsync(_server.Port, InFlight);
        using var waiting = await Callers.ConnectAsync(_server.Port, Held);
        var forwarded = flying.AskAllAsync(static number => $"/d/awake/{number}", "a body");
        var held = waiting.AskAllAsync(static number => $"/d/asleep/{number}", "a body");
        await Eventually.TrueAsync(async () => _awake.Inside == InFlight && await _server.PositionAsync("asleep") == Held + 1);

        await _server.TermAsync();
        foreach (var answer in await held)
        {
            Assert.Equal(503, answer.Status);
            Assert.Contains("\"STOPPING\"", answer.Body, StringComparison.Ordinal);
            Assert.True(answer.Has("Retry-After"), answer.Head);
        }

        Assert.False(forwarded.IsCompleted);
        _awake.Let(InFlight);
        Assert.All(await forwarded, answer => Assert.Equal(200, answer.Status));
        Assert.Equal(ExitCode.Ok, (await _server.EndAsync()).Exit);
        Assert.Empty(_asleep.Requests);
    }
}
