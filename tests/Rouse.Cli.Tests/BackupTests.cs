using System.Net.Http.Json;
using System.Text.Json;
using Rouse.FakeRunpod;
using Rouse.TestKit.Time;

namespace Rouse.Cli.Tests;

/// <summary>What a backup holds is a server again, secrets included, and there is never half a backup.</summary>
public sealed class BackupTests : IDisposable
{
    private readonly Cli _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Backup_TakenWhileTheServerRuns_IsAServerAgain_AndItsSecretsOpen()
    {
        await using var runpod = await FakeRunpodServer.StartAsync();
        var master = Convert.ToBase64String(new byte[32]);
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ROUSE_MASTER_KEY"] = master, ["ROUSE_RUNPOD_IMAGE"] = "rouse/worker:1", ["RUNPOD_API_URL"] = runpod.ManagementUrl.ToString(),
            ["RUNPOD_JOBS_URL"] = runpod.JobsUrl.ToString(), ["HF_ENDPOINT"] = "http://127.0.0.1:1",
        };
        string id;
        using (var server = ChildProgram.Start(_cli.Folder, variables, "serve", "--port", "0", "--data", "data", "--quiet"))
        {
            await server.Out.HearAsync("\n");
            id = await DeployAsync(server.Out.ToString().Trim(), FakeRunpodServer.Key);
            var backedUp = await RunAsync("backup", "saved.db", "--data", "data", "-o", "json");
            Assert.True(backedUp.Exit == ExitCode.Ok, backedUp.Error);
            var told = JsonDocument.Parse(backedUp.Out).RootElement;
            Assert.Equal((1, 1), (told.GetProperty("deployments").GetInt32(), told.GetProperty("master_key_ids").GetArrayLength()));
            // Neither in the way of a server, nor without a word over another file.
            Assert.Equal(ExitCode.Failed, (await RunAsync("restore", "saved.db", "--data", "data", "--force")).Exit);
            Assert.Equal(ExitCode.Failed, (await RunAsync("backup", "saved.db", "--data", "data")).Exit);
            Assert.Equal(ExitCode.Ok, (await RunAsync("backup", "saved.db", "--data", "data", "--force")).Exit);
            await server.SendAsync("KILL");
            await server.EndAsync();
        }

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(At("saved.db")));
        var text = System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(At("saved.db")));
        foreach (var secret in new[] { FakeRunpodServer.Key, master, "<key" }) Assert.DoesNotContain(secret, text, StringComparison.Ordinal);

        var restored = await RunAsync("restore", "saved.db", "--data", "elsewhere");
        Assert.True(restored.Exit == ExitCode.Ok, restored.Error);
        Assert.Contains("ROUSE_MASTER_KEY", restored.Error, StringComparison.Ordinal);
        variables.Remove("ROUSE_MASTER_KEY");
        using (var keyless = ChildProgram.Start(_cli.Folder, variables, "serve", "--port", "0", "--data", "elsewhere", "--quiet"))
        {
            var ended = await keyless.EndAsync();
            Assert.Equal(ExitCode.Failed, ended.Exit);
            Assert.Contains("master key", ended.Error, StringComparison.Ordinal);
        }

        // Removing it asks Runpod with the key that the caller once brought: it opens.
        variables["ROUSE_MASTER_KEY"] = master;
        using var second = ChildProgram.Start(_cli.Folder, variables, "serve", "--port", "0", "--data", "elsewhere", "--quiet");
        await second.Out.HearAsync("\n");
        using var http = new HttpClient { BaseAddress = new Uri(second.Out.ToString().Trim()) };
        runpod.ClearCalls();
        using (await http.DeleteAsync(new Uri($"/v1/deployments/{id}", UriKind.Relative)))
        {
            await Eventually.TrueAsync(async () => (await http.GetFromJsonAsync<JsonElement>(new Uri($"/v1/deployments/{id}", UriKind.Relative))).GetProperty("status").GetString() == "deleted");
        }

        await Eventually.TrueAsync(() => runpod.Calls.Any(call => call.Status == 200));
        await second.SendAsync("TERM");
        await second.EndAsync();
    }

    [Fact]
    public async Task Backup_KilledAtAnyMoment_LeavesAWholeFileOrNone()
    {
        await MakeDatabaseAsync(rows: 4000);
        var whole = 0;
        for (var round = 0; round < 8; round++)
        {
            var backup = ChildProgram.Start(_cli.Folder, "backup", "saved.db", "--data", "data", "--force", "--quiet");
            // From before its start to about its end.
            await Task.Run(() => SpinWait.SpinUntil(() => File.Exists(At("saved.db.partial")), TimeSpan.FromSeconds(20)));
            SpinWait.SpinUntil(() => false, TimeSpan.FromMilliseconds(round * 4));
            await backup.SendAsync("KILL");
            await backup.EndAsync();
            backup.Dispose();
            if (!File.Exists(At("saved.db"))) continue;
            whole++;
            Assert.Equal(ExitCode.Ok, (await RunAsync("restore", "saved.db", "--data", $"from-{round}")).Exit);
        }

        Assert.Equal(ExitCode.Ok, (await RunAsync("backup", "saved.db", "--data", "data", "--force")).Exit);
        Assert.False(File.Exists(At("saved.db.partial")), $"{whole} of 8 were whole");
    }

    [Fact]
    public async Task Restore_OfWhatIsNoBackup_ChangesNothing()
    {
        await MakeDatabaseAsync(rows: 1000);
        Assert.Equal(ExitCode.Ok, (await RunAsync("backup", "saved.db", "--data", "data")).Exit);
        var bytes = await File.ReadAllBytesAsync(At("saved.db"));
        await File.WriteAllTextAsync(At("text.db"), "this is no database, whatever its name says");
        await File.WriteAllBytesAsync(At("cut.db"), bytes[..(bytes.Length / 2)]);
        var damaged = (byte[])bytes.Clone();
        for (var i = bytes.Length / 2; i < (bytes.Length / 2) + 4096; i++) damaged[i] = 0x5A;
        await File.WriteAllBytesAsync(At("damaged.db"), damaged);
        foreach (var file in new[] { "text.db", "cut.db", "damaged.db", "missing.db" })
        {
            var ended = await RunAsync("restore", file, "--data", "fresh");
            Assert.True(ended.Exit == ExitCode.Failed, $"{file}: {ended.Out} {ended.Error}");
            Assert.False(File.Exists(At("fresh/rouse.db")), file);
        }

        Assert.Equal(ExitCode.Failed, (await RunAsync("restore", "saved.db", "--data", "data")).Exit);
        Assert.Equal(ExitCode.Ok, (await RunAsync("restore", "saved.db", "--data", "data", "--force")).Exit);
        Assert.True(File.Exists(At("data/rouse.db.replaced-1")));
        Assert.Equal(ExitCode.Failed, (await RunAsync("backup", "x.db", "--data", "nothing")).Exit);
        Assert.Equal(ExitCode.Failed, (await RunAsync("backup", "no/such/folder/x.db", "--data", "data")).Exit);
    }

    /// <summary>A database as a server leaves it, with events enough to have many pages.</summary>
    private async Task MakeDatabaseAsync(int rows)
    {
        using var server = ChildProgram.Start(_cli.Folder, new Dictionary<string, string>(StringComparer.Ordinal) { ["HF_ENDPOINT"] = "http://127.0.0.1:1" }, "serve", "--port", "0", "--data", "data", "--quiet");
        await server.Out.HearAsync("\n");
        using var http = new HttpClient { BaseAddress = new Uri(server.Out.ToString().Trim()) };
        await Parallel.ForAsync(0, rows / 20, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, ct) =>
        {
            using var made = await http.PostAsJsonAsync("/v1/deployments", new { hf_model_id = $"org/model-{i}", user_webhook_url = "http://127.0.0.1:1/" + new string('x', 1500) }, ct);
            made.EnsureSuccessStatusCode();
        });
        await server.SendAsync("KILL");
        await server.EndAsync();
    }

    private static async Task<string> DeployAsync(string server, string key)
    {
        using var http = new HttpClient { BaseAddress = new Uri(server) };
        using var made = await http.PostAsJsonAsync("/v1/deployments", new { hf_model_id = "org/model", provider = "runpod", user_runpod_key = key });
        var body = await made.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(made.IsSuccessStatusCode, body.ToString());
        return body.GetProperty("deployment_id").GetString()!;
    }

    private async Task<Ended> RunAsync(params string[] args)
    {
        using var cli = new Cli();
        return await new Runner(cli, _cli.Folder).RunAsync(args);
    }

    private string At(string name) => Path.Combine(_cli.Folder, name);

    /// <summary>The program in this process, in another folder.</summary>
    private sealed class Runner(Cli cli, string folder)
    {
        public async Task<Ended> RunAsync(string[] args)
        {
            var exit = await RouseProgram.RunAsync(args, cli.Host() with { Folder = folder }, CancellationToken.None);
            return new Ended((ExitCode)exit, cli.Out.ToString(), cli.Error.ToString());
        }
    }
}
