namespace Rouse.Cli.Tests;

/// <summary>The real program with the real server in it.</summary>
public sealed class ServeTests
{
    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task Serve_OnASignal_EndsWith0AndMayStartAgainInItsFolder(string signal)
    {
        using var cli = new Cli();
        for (var time = 0; time < 2; time++)
        {
            using var server = ChildProgram.Start(cli.Folder, "serve", "--port", "0", "--data", "data", "--quiet");
            await server.Out.HearAsync("\n");
            Assert.Equal(ExitCode.Ok, (await cli.With("ROUSE_SERVER", server.Out.ToString().Trim()).RunAsync("ls")).Exit);

            await server.SendAsync(signal);

            Assert.Equal(ExitCode.Ok, (await server.EndAsync()).Exit);
            Assert.Empty(ChildProgram.StillRunning(cli.Folder));
        }
    }

    [Fact]
    public async Task Serve_WithAFakeRunpod_SaysThatNothingIsBought_AndEndsWithIt()
    {
        using var cli = new Cli();
        using var server = ChildProgram.Start(cli.Folder, "serve", "--port", "0", "--data", "data", "--fake-runpod");
        await server.Out.HearAsync("listens on");
        await server.Error.HearAsync("no money is spent");

        await server.SendAsync("TERM");

        Assert.Equal(ExitCode.Ok, (await server.EndAsync()).Exit);
        Assert.Empty(ChildProgram.StillRunning(cli.Folder));
    }

    [Fact]
    public async Task Serve_ForOtherMachinesWithoutKeys_SaysWhyNotAndEndsWith1()
    {
        using var cli = new Cli();
        var ended = await cli.RunAsync("serve", "--host", "0.0.0.0", "--port", "0", "--data", "here");
        Assert.Equal(ExitCode.Failed, ended.Exit);
        Assert.Contains("callers need keys", ended.Error, StringComparison.Ordinal);
    }
}
