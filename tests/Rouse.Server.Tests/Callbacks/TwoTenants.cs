using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Dapper;
using Rouse.FakeRunpod.Workers;
using Rouse.Server.Tests.Runpod;
using Rouse.Store;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Callbacks;

/// <summary>A server with a tenant who attacks and one who is attacked, each with a deployment at a fake Runpod; the victim has a starting one too.</summary>
internal sealed class TwoTenants : IAsyncDisposable
{
    private const string MalloryKey = "key-of-mallory-0123456789";
    private const string AliceKey = "key-of-alice-0123456789";

    private TwoTenants(RunpodBench bench) => Bench = bench;

    public RunpodBench Bench { get; }

    public HttpClient Http => Bench.Server.Http;

    public JsonObject Mallory { get; private set; } = [];

    public JsonObject AliceReady { get; private set; } = [];

    public JsonObject AliceStarting { get; private set; } = [];

    public static async Task<TwoTenants> StartAsync()
    {
        var bench = await RunpodBench.StartAsync(options => options with { ApiKeys = $"mallory={MalloryKey},alice={AliceKey}" });
        var two = new TwoTenants(bench);
        two.Mallory = await two.DeployAsync(MalloryKey, "ready");
        two.AliceReady = await two.DeployAsync(AliceKey, "ready");
        bench.Workers.Plan = static _ => new SimulatedPlan { End = SimulatedEnd.Hangs };
        two.AliceStarting = await two.DeployAsync(AliceKey, "creating_endpoint");
        return two;
    }

    /// <summary>Every row that a report could change.</summary>
    public async Task<string> StoredAsync()
    {
        await using var database = await Database.OpenAsync("sqlite:" + Path.Combine(Bench.Server.Folder, "data", "rouse.db"));
        return await database.ReadAsync(async connection =>
        {
            var text = new StringBuilder();
            foreach (var table in new[] { "deployments", "events", "inbox", "report_marks" })
            {
                foreach (IDictionary<string, object?> row in await connection.QueryAsync($"select * from {table} order by 1, 2"))
                {
                    text.Append(table).AppendJoin('|', row.Values.Select(value => Convert.ToString(value, CultureInfo.InvariantCulture))).Append('\n');
                }
            }

            return text.ToString();
        });
    }

    public ValueTask DisposeAsync() => Bench.DisposeAsync();

    private async Task<JsonObject> DeployAsync(string key, string until)
    {
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        var id = await Bench.DeployAsync(""","reuse":false""");
        await Bench.UntilAsync(id, until);
        JsonObject? environment = null;
        await Eventually.TrueAsync(() => (environment = Bench.Runpod.Endpoints().Select(endpoint => (JsonObject)endpoint.Settings["env"]!)
            .FirstOrDefault(env => (string?)env["ROUSE_DEPLOYMENT_ID"] == id)) is not null);
        Http.DefaultRequestHeaders.Authorization = null;
        return environment!;
    }
}
