using System.Globalization;
using Rouse.FakeRunpod;
using Rouse.TestKit.Hub;
using Rouse.TestKit.Postgres;
using Xunit.Abstractions;

namespace Rouse.Cli.Tests.Draining;

/// <summary>
/// Two real servers on one PostgreSQL behind a balancer that asks for readiness, restarted in turn under load. ROUSE_DRAIN_ROUNDS says how often
/// (2 here, 100 in <c>.ci/drain</c>, whose line docs/reliability.md holds).
/// </summary>
public sealed class RollingRestartTests(ITestOutputHelper output) : IDisposable
{
    private readonly Cli _cli = new();

    public void Dispose() => _cli.Dispose();

    [PostgresFact]
    public async Task RollingRestart_UnderLoad_LosesNoRequestAndNoJob()
    {
        var rounds = int.Parse(Environment.GetEnvironmentVariable("ROUSE_DRAIN_ROUNDS") ?? "2", CultureInfo.InvariantCulture);
        await using var runpod = await FakeRunpodServer.StartAsync();
        await using var hub = await FakeHub.StartAsync(SampleRepository());
        var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["HF_ENDPOINT"] = hub.Endpoint, ["RUNPOD_API_KEY"] = FakeRunpodServer.Key, ["ROUSE_RUNPOD_IMAGE"] = "me/worker:1",
            ["RUNPOD_API_URL"] = runpod.ManagementUrl.ToString(), ["RUNPOD_JOBS_URL"] = runpod.JobsUrl.ToString(),
            ["ROUSE_MASTER_KEY"] = Convert.ToBase64String(new byte[32]), ["ROUSE_DATABASE"] = database, ["ROUSE_DRAIN_DELAY_SECONDS"] = "1",
        };
        ChildProgram[] servers = [Start(0), Start(1)];
        try
        {
            await using var balancer = new Balancer([await AddressAsync(servers[0]), await AddressAsync(servers[1])]);
            await using var load = new Load(balancer);
            await load.StartAsync();
            for (var round = 0; round < rounds; round++)
            {
                var turn = round % 2;
                await load.MoreAsync(60);
                await servers[turn].SendAsync("TERM");
                var ended = await servers[turn].EndAsync();
                Assert.True(ended.Exit is ExitCode.Ok, ended.Error);
                servers[turn].Dispose();
                servers[turn] = Start(turn);
                await balancer.ReplaceAsync(turn, await AddressAsync(servers[turn]));
            }

            await load.MoreAsync(60);
            var told = await load.EndAsync();
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"restarts {rounds}, {told}"));
            Assert.Empty(load.Lost);
        }
        finally
        {
            foreach (var server in servers) server.Dispose();
        }

        ChildProgram Start(int number) => ChildProgram.Start(_cli.Folder, variables, "serve", "--port", "0", "--data", $"data{number}", "--quiet");
    }

    private static async Task<Uri> AddressAsync(ChildProgram server)
    {
        await server.Out.HearAsync("\n");
        return new Uri(server.Out.ToString().Trim());
    }

    private FakeRepository SampleRepository()
    {
        var folder = Path.Combine(_cli.Folder, "model");
        Onnx.Samples.TinyDiffusion.TinyDiffusionModel.Write(folder, seed: 1);
        var files = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories);
        return new FakeRepository("org/name").With([.. files.Select(file => FakeFile.Of(Path.GetRelativePath(folder, file), File.ReadAllBytes(file)))]);
    }
}

/// <summary>Skipped, saying so, where there is no PostgreSQL, unless <c>ROUSE_REQUIRE_SERVERS=1</c>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PostgresFactAttribute : FactAttribute
{
    public PostgresFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("ROUSE_REQUIRE_SERVERS") != "1") Skip = PostgresServer.MissingReason;
    }
}
