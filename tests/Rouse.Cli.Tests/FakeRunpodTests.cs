using System.Text.Json;
using Rouse.FakeRunpod;
using Rouse.Onnx.Samples.TinyDiffusion;
using Rouse.TestKit.Hub;
using Rouse.TestKit.Time;

namespace Rouse.Cli.Tests;

/// <summary>README's lines on Runpod with the real program: workers are processes that load and run a real model.</summary>
public sealed class FakeRunpodTests : IDisposable
{
    private const string Input = """{"prompt":"a lighthouse at dusk","num_inference_steps":2,"seed":7}""";
    private static readonly byte[] s_png = [0x89, (byte)'P', (byte)'N', (byte)'G'];
    private readonly Cli _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task WithoutNetworkAndKey_AModelIsDeployedToRunpod_Paints_AndIsGone()
    {
        using var server = await ServeAsync("--fake-runpod");
        Assert.Contains("rouse/tiny-diffusion", await NextAsync("models", "tiny"), StringComparison.Ordinal);
        Assert.Contains("AMPERE_24", await NextAsync("plan", "rouse/tiny-diffusion", "--gpu-tier", "A10"), StringComparison.Ordinal);

        await NextAsync("up", "rouse/tiny-diffusion", "--gpu-tier", "A10");
        var view = JsonDocument.Parse(await NextAsync("get", "tiny-diffusion", "-o", "json")).RootElement;
        Assert.Equal(("ready", "runpod", "AMPERE_24"), (Word(view, "status"), Word(view, "provider"), Word(view, "gpu_allocated")));

        await NextAsync("run", "tiny-diffusion", "-i", Input, "-o", "dusk.png");
        Assert.Equal(s_png, (await File.ReadAllBytesAsync(Path.Combine(_cli.Folder, "dusk.png")))[..4]);
        Assert.DoesNotContain("failed", await NextAsync("logs", "tiny-diffusion"), StringComparison.Ordinal);
        Assert.Contains("Nothing runs", await NextAsync("cleanup", "--dry-run"), StringComparison.Ordinal);

        Assert.Contains("its resources are released", await NextAsync("rm", "tiny-diffusion"), StringComparison.Ordinal);
        Assert.Contains("0 in your name", await NextAsync("doctor"), StringComparison.Ordinal);
        await EndAsync(server);
    }

    /// <summary>The account dies with the server that plays it, as if somebody had deleted everything there; the deployment comes back of itself.</summary>
    [Fact]
    public async Task ServerAndAccountKilled_TheDeploymentComesBack_WithModelsOfAnyHub()
    {
        await using var hub = await HubAsync();
        var variables = new Dictionary<string, string>(StringComparer.Ordinal) { ["HF_ENDPOINT"] = hub.Endpoint };
        using (var server = await ServeAsync(variables, "--fake-runpod"))
        {
            await NextAsync("up", "org/name", "--gpu-tier", "A10");
            await server.SendAsync("KILL");
            await server.EndAsync();
        }

        await Eventually.TrueAsync(() => ChildProgram.StillRunning(_cli.Folder).Count == 0);
        using var again = await ServeAsync(variables, "--fake-runpod");
        await NextAsync("run", "name", "-i", Input, "-o", "again.png");
        Assert.Contains("attempt             2", await NextAsync("get", "name"), StringComparison.Ordinal);
        await NextAsync("rm", "name");
        await EndAsync(again);
    }

    [Fact]
    public async Task AnAccountInTheEnvironment_IsTheOneDeployedTo_AndItsKeyIsNotShown()
    {
        await using var runpod = await FakeRunpodServer.StartAsync();
        await using var hub = await HubAsync();
        using var server = await ServeAsync(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["HF_ENDPOINT"] = hub.Endpoint, ["RUNPOD_API_KEY"] = FakeRunpodServer.Key, ["ROUSE_RUNPOD_IMAGE"] = "me/worker:1",
            ["RUNPOD_API_URL"] = runpod.ManagementUrl.ToString(), ["RUNPOD_JOBS_URL"] = runpod.JobsUrl.ToString(),
        });

        Assert.Contains("AMPERE_24", await NextAsync("gpus"), StringComparison.Ordinal);
        var id = (await NextAsync("up", "org/name", "--gpu-tier", "A10", "--detach", "-q")).Trim();
        await Eventually.TrueAsync(() => runpod.Calls.Any(call => call.Method == "POST" && call.Path == "/v2/serverless"));
        await NextAsync("rm", id);
        await EndAsync(server);
        Assert.DoesNotContain(FakeRunpodServer.Key, server.Out.ToString() + server.Error + _cli.Out + _cli.Error, StringComparison.Ordinal);
    }

    private static string? Word(JsonElement view, string name) => view.GetProperty(name).GetString();

    private async Task<FakeHub> HubAsync()
    {
        var folder = Path.Combine(_cli.Folder, "model");
        TinyDiffusionModel.Write(folder, seed: 1);
        var files = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories);
        return await FakeHub.StartAsync(
            new FakeRepository("org/name").With([.. files.Select(file => FakeFile.Of(Path.GetRelativePath(folder, file), File.ReadAllBytes(file)))]));
    }

    private Task<ChildProgram> ServeAsync(params string[] options) => ServeAsync(new Dictionary<string, string>(StringComparer.Ordinal), options);

    private async Task<ChildProgram> ServeAsync(IReadOnlyDictionary<string, string> variables, params string[] options)
    {
        var server = ChildProgram.Start(_cli.Folder, variables, ["serve", "--port", "0", "--data", "data", "--quiet", .. options]);
        await server.Out.HearAsync("\n");
        _cli.With("ROUSE_SERVER", server.Out.ToString().Trim());
        return server;
    }

    private async Task EndAsync(ChildProgram server)
    {
        await server.SendAsync("TERM");
        Assert.Equal(ExitCode.Ok, (await server.EndAsync()).Exit);
        Assert.Empty(ChildProgram.StillRunning(_cli.Folder));
    }

    /// <returns>What this line printed, without what lines before it did.</returns>
    private async Task<string> NextAsync(params string[] line)
    {
        var before = _cli.Out.ToString().Length;
        var ended = await _cli.RunAsync(line);
        Assert.True(ended.Exit is ExitCode.Ok, ended.Error);
        return ended.Out[before..];
    }
}
