using System.Text.Json;

namespace Rouse.Cli.Tests;

/// <summary>The main job, whole: real server, real worker, real model.</summary>
public sealed class DemoTests
{
    private static readonly byte[] s_png = [0x89, (byte)'P', (byte)'N', (byte)'G'];

    [Fact]
    public async Task Demo_RunTwice_LeavesTheSamePictureItsFiguresAndNothingElse()
    {
        using var cli = new Cli();
        var first = await RunAsync(cli);
        var second = await RunAsync(cli);
        Assert.Equal(first, second);
    }

    [Fact]
    public async Task Demo_OnCtrlC_EndsWith130AndLeavesNothing()
    {
        using var cli = new Cli();
        using var demo = ChildProgram.Start(cli.Folder, "demo");
        await demo.Error.HearAsync("creating endpoint");

        await demo.SendAsync("INT");

        var ended = await demo.EndAsync();
        Assert.Equal((ExitCode.Interrupted, true), (ended.Exit, ended.Error.Contains("nothing is left behind", StringComparison.Ordinal)));
        AssertNothingIsLeft(cli.Folder);
    }

    [Fact]
    public async Task Demo_WhereItCannotWrite_NamesTheStepAndEndsWith1()
    {
        using var cli = new Cli();
        await File.WriteAllTextAsync(Path.Combine(cli.Folder, "taken"), "a file where a folder should be");

        var ended = await cli.RunAsync("demo", "--out-dir", "taken");

        Assert.Equal(ExitCode.Failed, ended.Exit);
        Assert.Contains("error: the demo failed while saving the picture: ", ended.Error, StringComparison.Ordinal);
        Assert.Contains(" next: name a folder of yours with --out-dir", ended.Error, StringComparison.Ordinal);
    }

    /// <returns>The picture.</returns>
    private static async Task<byte[]> RunAsync(Cli cli)
    {
        using var demo = ChildProgram.Start(cli.Folder, "demo", "--out-dir", "out");
        var ended = await demo.EndAsync();

        Assert.True(ended.Exit is ExitCode.Ok, ended.Error);
        foreach (var words in (string[])["server started", "loading model", "ready", "picture painted", "nothing is left"])
            Assert.Contains(words, ended.Error, StringComparison.Ordinal);
        AssertNothingIsLeft(cli.Folder);
        var output = Path.Combine(cli.Folder, "out");
        Assert.Equal(["rouse-demo.json", "rouse-demo.png"], Directory.EnumerateFiles(output).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        var picture = await File.ReadAllBytesAsync(Path.Combine(output, "rouse-demo.png"));
        Assert.Equal(s_png, picture[..4]);
        using var figures = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(output, "rouse-demo.json")));
        AssertFigures(figures.RootElement, picture.Length);
        return picture;
    }

    private static void AssertFigures(JsonElement figures, int bytes)
    {
        Assert.Equal(
            ["deployment_id", "phases", "deploy_to_ready_seconds", "delay_time_ms", "execution_time_ms", "bytes", "prompt", "seed"],
            figures.EnumerateObject().Select(m => m.Name));
        Assert.Equal(bytes, figures.GetProperty("bytes").GetInt32());
        Assert.Contains("loading_model", figures.GetProperty("phases").EnumerateArray().Select(p => p.GetProperty("phase").GetString()));
        Assert.True(figures.GetProperty("deploy_to_ready_seconds").GetDouble() > 0);
        Assert.True(figures.GetProperty("execution_time_ms").GetInt64() > 0);
    }

    private static void AssertNothingIsLeft(string folder)
    {
        // The runtime's own sockets for debuggers lie there too; they end with their process.
        Assert.Empty(Directory.EnumerateDirectories(ChildProgram.Temporary(folder), "rouse-*"));
        Assert.Empty(ChildProgram.StillRunning(folder));
    }
}
