using System.Text.Json;
using Rouse.Core.Models;
using Rouse.Core.Tenancy;

namespace Rouse.Server.Tests.Host;

/// <summary>Deployments of the engine a1111 on the server's own machine: real workers, each before a WebUI's stand-in that it has started itself.</summary>
public sealed class WebUiDeployTests : IDisposable
{
    private readonly string _models = Directory.CreateTempSubdirectory("rouse-webui-").FullName;

    public void Dispose() => Directory.Delete(_models, recursive: true);

    [Fact]
    public async Task TwoDeployments_HaveAWebUiEach_AndAreDrawnWithTheirOwnCheckpoint()
    {
        var command = JsonSerializer.Serialize<string[]>(["dotnet", Path.Combine(AppContext.BaseDirectory, "Rouse.ModelServer.dll"), "webui", "{port}", "0", "{models}/checkpoints"]);
        await using var server = await TestServer.StartAsync(options => options with
        {
            Engines = [WorkerEngine.A1111], WorkerVariables = new Dictionary<string, Secret> { ["ROUSE_WEBUI_COMMAND"] = new(command) },
        });
        List<string> deployments = [await DeployAsync(server, "first"), await DeployAsync(server, "second")];

        var drawn = await Task.WhenAll(deployments.Select(id => DrawAsync(server, id)));

        Assert.Equal(2, drawn.Select(static one => one.WebUi).Distinct().Count());
        Assert.Equal(2, drawn.Select(static one => one.Checkpoint).Distinct().Count());
    }

    /// <summary>Of a folder and a file that are called the same for each.</summary>
    private async Task<string> DeployAsync(TestServer server, string one)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_models, one, "dream")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "model.safetensors"), one);
        return await server.DeployAsync($$"""{"model_path":"{{folder}}","engine":"a1111"}""");
    }

    private static async Task<(string WebUi, string Checkpoint)> DrawAsync(TestServer server, string id)
    {
        await server.ReadStreamAsync($"/v1/deployments/{id}/stream");
        var (status, job) = await server.SendAsync(HttpMethod.Post, $"/v2/{id}/runsync", """{"input":{"prompt":"a fox","steps":1} }""");
        Assert.True(status == 200 && job.GetProperty("status").GetString() == "COMPLETED", job.ToString());
        var output = job.GetProperty("output");
        return (output.GetProperty("info").GetString()!, output.GetProperty("parameters").GetProperty("override_settings").GetProperty("sd_model_checkpoint").GetString()!);
    }
}
