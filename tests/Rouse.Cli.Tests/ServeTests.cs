using System.Text.Json;

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
    public async Task Serve_LoggingJson_WritesOneObjectALineAndNothingElse()
    {
        using var cli = new Cli();
        var json = new Dictionary<string, string>(StringComparer.Ordinal) { ["ROUSE_LOG_FORMAT"] = "json", ["HF_ENDPOINT"] = "http://127.0.0.1:1" };
        using var server = ChildProgram.Start(cli.Folder, json, "serve", "--port", "0", "--data", "data", "--fake-runpod");
        await server.Error.HearAsync("Development mode");
        await server.SendAsync("TERM");
        var lines = (await server.EndAsync()).Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, line =>
        {
            var entry = JsonDocument.Parse(line).RootElement;
            Assert.Equal(JsonValueKind.Object, entry.GetProperty("State").ValueKind);
            Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", entry.GetProperty("Timestamp").GetString());
            Assert.DoesNotContain('"', entry.GetProperty("Message").GetString()!);
        });
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
