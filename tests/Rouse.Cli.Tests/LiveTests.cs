using Rouse.Cli.Tests.Fakes;

namespace Rouse.Cli.Tests;

/// <summary>What a terminal is shown, and what is kept from everything else.</summary>
public sealed class LiveTests
{
    private const char Escape = '\e';

    [Fact]
    public async Task Up_OnATerminal_LeavesEachPhaseOnceAndGivesTheCursorBack()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.OnCreate = d => d.Go("validating", "downloading_model").Progress(10, 20).Go("loading_model", "ready");
        using var cli = new Cli(api) { IsTerminal = true };

        var ended = await cli.RunAsync("up", "org/model");

        Assert.Equal(ExitCode.Ok, ended.Exit);
        Assert.EndsWith("\e[?25h", ended.Error[..(ended.Error.LastIndexOf("\e[?25h", StringComparison.Ordinal) + 6)], StringComparison.Ordinal);
        var shown = TerminalScreen.After(ended.Error);
        Assert.Equal(
            [
                "  org/model   dep_00000000000000000000000001",
                "",
                "  ✓ accepted                    0.5 s",
                "  ✓ validating                  0.5 s",
                "  ✓ downloading model           0.5 s",
                "  ✓ loading model               0.5 s",
                "  ✓ ready                       2.0 s   in all",
            ],
            shown.Take(7));
    }

    [Fact]
    public async Task NoColor_ColoursNothingButStillRedraws()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.OnCreate = d => d.Go("ready");
        using var cli = new Cli(api) { IsTerminal = true }.With("NO_COLOR", "1");

        var ended = await cli.RunAsync("up", "org/model");
        await cli.RunAsync("ls");

        Assert.DoesNotContain(Escape, cli.Out.ToString());
        Assert.DoesNotMatch(@"\e\[[0-9;]*m", ended.Error);
        Assert.Contains(Escape, ended.Error);
    }

    [Theory]
    [InlineData("TERM", "dumb", true)]
    [InlineData("X", "y", false)]
    public async Task WhatIsNoTerminal_SeesNoControlSequences(string variable, string value, bool isTerminal)
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.OnCreate = d => d.Go("validating", "ready");
        using var cli = new Cli(api) { IsTerminal = isTerminal }.With(variable, value);

        await cli.RunAsync("up", "org/model");
        await cli.RunAsync("ls");
        await cli.RunAsync("get", "absent");

        Assert.DoesNotContain(Escape, cli.Out.ToString() + cli.Error);
    }

    [Fact]
    public async Task Ls_OnATerminal_ColoursTheStatus()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.Add().Go("ready");
        using var cli = new Cli(api) { IsTerminal = true };
        Assert.Contains("\e[32mready", (await cli.RunAsync("ls")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_OnATerminal_LeavesNothingOfItsProgress()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.Add();
        api.Jobs.Then("IN_QUEUE").Then("IN_PROGRESS", """{"stage":"inference","step":2,"steps":4}""").Then("COMPLETED", """{"text":"done"}""");
        using var cli = new Cli(api) { IsTerminal = true };

        var ended = await cli.RunAsync("run", "dep_00000000000000000000000001", "-i", """{"a":1}""");

        Assert.Contains("running, step 2 of 4", ended.Error, StringComparison.Ordinal);
        Assert.All(TerminalScreen.After(ended.Error), line => Assert.Empty(line));
    }
}
