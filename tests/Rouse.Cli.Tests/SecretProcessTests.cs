using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Rouse.Onnx.Samples.TinyDiffusion;
using Rouse.TestKit.Hub;
using Rouse.TestKit.Postgres;
using Rouse.TestKit.Secrets;
using Rouse.TestKit.Time;

namespace Rouse.Cli.Tests;

/// <summary>
/// The real program, set up by variables as operators do, with a real worker process: its secrets are in its own environment and nowhere else, not in its
/// output at Trace, not in arguments, not in workers, not on the disk.
/// </summary>
public sealed class SecretProcessTests : IDisposable
{
    private const string HubToken = "hub token";
    private readonly Cli _cli = new();
    private readonly CanaryCage _cage = new();

    public void Dispose() => _cli.Dispose();

    [Theory]
    [InlineData("text")]
    [InlineData("json")]
    public async Task Secrets_OfTheServersEnvironment_StayThere(string format)
    {
        var model = Path.Combine(_cli.Folder, "model");
        TinyDiffusionModel.Write(model, seed: 1);
        var repository = new FakeRepository("org/gated") { IsGated = true };
        foreach (var file in Directory.EnumerateFiles(model, "*", SearchOption.AllDirectories)) repository.With(FakeFile.Of(Path.GetRelativePath(model, file), await File.ReadAllBytesAsync(file)));
        await using var hub = await FakeHub.StartAsync(repository);
        hub.OtherToken = _cage.Add(Canary.New(HubToken, "hf_"));
        hub.Script.RepeatsCredentials = true;

        var key = _cage.Add(Canary.New("API key"));
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["HF_ENDPOINT"] = hub.Endpoint, ["ROUSE_LOG_LEVEL"] = "Trace", ["ROUSE_LOG_FORMAT"] = format, ["ROUSE_RUNPOD_IMAGE"] = "me/worker:1",
            ["RUNPOD_API_URL"] = "http://127.0.0.1:1", ["RUNPOD_JOBS_URL"] = "http://127.0.0.1:1/v2",
            ["ROUSE_API_KEYS"] = $"alice={key}",
            ["ROUSE_ADMIN_KEY"] = _cage.Add(Canary.New("admin key")),
            ["RUNPOD_API_KEY"] = _cage.Add(Canary.New("Runpod key", "rpa_")),
            ["ROUSE_MASTER_KEY"] = _cage.Add(Canary.NewKey("master key")),
            ["ROUSE_MASTER_KEY_OLD"] = _cage.Add(Canary.NewKey("old master key")),
            ["AWS_ACCESS_KEY_ID"] = _cage.Add(Canary.New("AWS key id", "AKIA")),
            ["AWS_SECRET_ACCESS_KEY"] = _cage.Add(Canary.New("AWS key", alphabet: "+/")),
            ["HF_TOKEN"] = _cage.Add(Canary.New("the operator's own hub token", "hf_")),
            ["SOME_OTHER_SECRET"] = _cage.Add(Canary.New("something else of the operator's")),
        };
        if (PostgresServer.MissingReason is null)
        {
            var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
            variables["ROUSE_DATABASE"] = $"{database["postgres:".Length..]};Password={_cage.Add(Canary.New("database password", alphabet: "%$"))}";
        }

        using (var server = ChildProgram.Start(_cli.Folder, variables, "serve", "--port", "0", "--data", "data"))
        {
            await server.Out.HearAsync("listens on");
            using var http = new HttpClient { BaseAddress = new Uri(server.Out.ToString().Trim().Split(' ')[^1]) };
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
            var id = await DeployAsync(http, new { hf_model_id = "org/gated", provider = "local", hf_token = _cage[HubToken] });
            await Eventually.TrueAsync(async () => await StatusAsync(http, id) is "ready");
            LookAtProcesses(variables["ROUSE_API_KEYS"]);
            using (await http.PostAsJsonAsync($"/v2/{id}/runsync", new { input = new { prompt = "hills", num_inference_steps = 1, width = 64, height = 64 } }))
            {
                // Refused as well: at Runpod's door, where nobody is, and by a hub that does not know the token.
                await DeployAsync(http, new { hf_model_id = "org/gated", provider = "runpod", hf_token = _cage[HubToken] });
            }

            await DeployAsync(http, new { hf_model_id = "org/gated", provider = "local", hf_token = _cage.Add(Canary.New("a wrong hub token", "hf_")) });
            foreach (var path in new[] { "/v1/deployments", $"/v1/deployments/{id}" }) _cage.Look($"answer to {path}", await http.GetStringAsync(new Uri(path, UriKind.Relative)));
            foreach (var path in new[] { "/v1/deployments/a%0d%0a12:00:00.000%20info:%20forged", "/v1/nothing%1b%5b2J" }) (await http.GetAsync(new Uri(path, UriKind.Relative))).Dispose();
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", variables["ROUSE_ADMIN_KEY"]);
            foreach (var path in new[] { "/v1/doctor", "/metrics" }) _cage.Look($"answer to {path}", await http.GetStringAsync(new Uri(path, UriKind.Relative)));
            _cage.LookAtFiles("file while it runs", _cli.Folder);
            await server.SendAsync("TERM");
            var ended = await server.EndAsync();
            _cage.Look("stdout", ended.Out);
            _cage.Look("stderr", ended.Error);
            Assert.Equal(ExitCode.Ok, ended.Exit);
            AssertOneEntryALine(ended.Error, format);
        }

        _cage.LookAtFiles("file after its end", _cli.Folder);
        Assert.True(_cage.Escapes.Count == 0, string.Join("\n\n", _cage.Escapes));
        Assert.True(_cage.BytesSeen > 10_000);
    }

    /// <summary>The server's arguments, and arguments and environment of all that it started. A worker has its own hub token.</summary>
    private void LookAtProcesses(string serversOwn)
    {
        var workers = 0;
        foreach (var process in ChildProgram.StillRunning(_cli.Folder))
        {
            try
            {
                var environment = File.ReadAllText(Path.Combine(process, "environ"));
                _cage.Look($"arguments of {process}", File.ReadAllText(Path.Combine(process, "cmdline")));
                if (environment.Contains(serversOwn, StringComparison.Ordinal) && environment.Contains("\0ROUSE_MASTER_KEY=", StringComparison.Ordinal)) continue;
                workers++;
                _cage.Look($"environment of {process}", environment, HubToken);
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                // It ended meanwhile.
            }
        }

        Assert.True(workers > 0, "No worker was seen.");
    }

    private static void AssertOneEntryALine(string log, string format)
    {
        var lines = log.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.DoesNotContain(log, character => char.IsControl(character) && character != '\n');
        if (format == "json") Assert.All(lines, line => Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(line).RootElement.ValueKind));
        else Assert.All(lines.Where(line => !line.StartsWith("Rouse has ended", StringComparison.Ordinal)), line => Assert.Matches(@"^\d\d:\d\d:\d\d\.\d{3} (trce|dbug|info|warn|fail|crit): \S+\[-?\d+\] ", line));
    }

    private static async Task<string> DeployAsync(HttpClient http, object body)
    {
        using var reply = await http.PostAsJsonAsync("/v1/deployments", body);
        var read = await reply.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(reply.IsSuccessStatusCode, read.ToString());
        return read.GetProperty("deployment_id").GetString()!;
    }

    private static async Task<string?> StatusAsync(HttpClient http, string id) =>
        (await http.GetFromJsonAsync<JsonElement>(new Uri($"/v1/deployments/{id}", UriKind.Relative))).GetProperty("status").GetString();
}
