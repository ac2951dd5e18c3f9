using System.Text.Json;
using Rouse.Onnx.Samples.TinyDiffusion;
using Rouse.Server;

namespace Rouse.Cli.Tests;

/// <summary>The commands against the real server and a real worker.</summary>
public sealed class EndToEndTests
{
    [Fact]
    public async Task ADeployment_LivesFromUpToRm()
    {
        using var cli = new Cli();
        TinyDiffusionModel.Write(Path.Combine(cli.Folder, "tiny"), seed: 1);
        var options = new RouseHostOptions { DataFolder = Path.Combine(cli.Folder, "data"), Port = 0, Quiet = true, HandleSignals = false };
        await using var server = await RouseHost.StartAsync(options);
        cli.With("ROUSE_SERVER", server.BaseAddress.ToString());

        var up = await cli.RunAsync("up", "./tiny", "--idempotency-key", "once");
        Assert.True(up.Exit is ExitCode.Ok, up.Error);
        Assert.Contains("/v2/dep_", up.Out, StringComparison.Ordinal);
        var id = (await NextAsync(cli, "up", "./tiny", "--idempotency-key", "once", "-q")).Trim();
        Assert.Equal(id, (await NextAsync(cli, "ls", "-q")).Trim());

        await NextAsync(cli, "run", "tiny", "-i", """{"prompt":"hills","num_inference_steps":2,"seed":3,"num_images":2}""", "-o", "hills.png");
        Assert.All((string[])["hills.png", "hills-1.png"], file => Assert.True(File.Exists(Path.Combine(cli.Folder, file))));
        Assert.Contains("Model loaded", await NextAsync(cli, "logs", "tiny"), StringComparison.Ordinal);
        var events = (await NextAsync(cli, "events", "tiny", "-f", "-o", "json")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("ready", StatusOf(events.Last(line => StatusOf(line) is not null)));
        Assert.Equal(ExitCode.Timeout, (await cli.RunAsync("wait", "tiny", "--for", "deleted", "--timeout", "1s")).Exit);
        Assert.Contains("server: local backends", await NextAsync(cli, "doctor", "-o", "json"), StringComparison.Ordinal);

        Assert.Contains("its resources are released", await NextAsync(cli, "rm", "tiny"), StringComparison.Ordinal);
        Assert.Contains("was removed already", await NextAsync(cli, "rm", "tiny"), StringComparison.Ordinal);
        Assert.Equal("deleted", JsonDocument.Parse(await NextAsync(cli, "get", id, "-o", "json")).RootElement.GetProperty("status").GetString());
        Assert.Empty(ChildProgram.StillRunning(cli.Folder));
    }

    [Fact]
    public async Task AModelThatIsNone_FailsWithItsReasonAndANextStep()
    {
        using var cli = new Cli();
        Directory.CreateDirectory(Path.Combine(cli.Folder, "empty"));
        var options = new RouseHostOptions { DataFolder = Path.Combine(cli.Folder, "data"), Port = 0, Quiet = true, HandleSignals = false };
        await using var server = await RouseHost.StartAsync(options);

        var ended = await cli.With("ROUSE_SERVER", server.BaseAddress.ToString()).RunAsync("up", "./empty");

        Assert.Equal(ExitCode.Failed, ended.Exit);
        Assert.Contains("[model_", ended.Error, StringComparison.Ordinal);
        Assert.Contains(" next: `rouse logs dep_", ended.Error, StringComparison.Ordinal);
    }

    /// <returns>What this line printed, without what lines before it did.</returns>
    private static async Task<string> NextAsync(Cli cli, params string[] line)
    {
        var before = cli.Out.ToString().Length;
        var ended = await cli.RunAsync(line);
        Assert.True(ended.Exit is ExitCode.Ok, ended.Error);
        return ended.Out[before..];
    }

    private static string? StatusOf(string line)
    {
        using var told = JsonDocument.Parse(line);
        var isStatus = told.RootElement.GetProperty("event").GetString() is "status";
        return isStatus ? told.RootElement.GetProperty("data").GetProperty("status").GetString() : null;
    }
}
