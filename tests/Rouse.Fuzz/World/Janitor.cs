using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Rouse.TestKit.Time;

namespace Rouse.Fuzz.World;

/// <summary>Keeps a few deployments alive and no more than a few: cases delete what they find and create without end.</summary>
internal sealed class Janitor : IDisposable
{
    /// <summary>Deployments that have not ended; each may be an endpoint with a worker.</summary>
    private const int MostAlive = 12;

    private const int LeastReady = 3;

    private readonly FuzzWorld _world;
    private readonly HttpClient _http;
    private int _created;

    public Janitor(FuzzWorld world)
    {
        _world = world;
        _http = new HttpClient { BaseAddress = world.Address, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", Canaries.OwnerKey) } };
    }

    public async Task BeginAsync()
    {
        for (var i = 0; i < LeastReady; i++) await CreateAsync();
        await CreateServiceAsync();
        await Eventually.TrueAsync(async () => (await ListAsync("ready")).Count > 0);
        await Eventually.TrueAsync(() => _world.Pool.Has("idle"));
    }

    /// <summary>Called now and then during a run.</summary>
    public async Task TidyAsync()
    {
        _world.Forget();
        List<string> alive = [];
        foreach (var status in new[] { "ready", "hibernated", "warming", "loading_model", "downloading_model", "creating_endpoint", "selecting_gpu", "validating", "accepted_cold" })
        {
            alive.AddRange(await ListAsync(status));
        }

        foreach (var id in alive.Skip(MostAlive)) await _http.DeleteAsync(new Uri("/v1/deployments/" + id, UriKind.Relative));
        await FailJobsAsync();
        for (var ready = (await ListAsync("ready")).Count; ready < LeastReady && alive.Count < MostAlive; ready++) await CreateAsync();
    }

    /// <summary>The server still does what it is for.</summary>
    public async Task<string?> SicknessAsync()
    {
        using var ready = await _http.GetAsync(new Uri("/readiness", UriKind.Relative));
        if (!ready.IsSuccessStatusCode) return $"readiness is {(int)ready.StatusCode}";
        var id = await CreateAsync();
        if (id is null) return "a plain deployment is refused";
        using var seen = await _http.GetAsync(new Uri("/v1/deployments/" + id, UriKind.Relative));
        using var removed = await _http.DeleteAsync(new Uri("/v1/deployments/" + id, UriKind.Relative));
        return (int)seen.StatusCode == 200 && (int)removed.StatusCode == 204 ? null : $"a new deployment is read with {(int)seen.StatusCode} and deleted with {(int)removed.StatusCode}";
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Jobs that have failed, for what can be done with failed jobs: sent, taken in the name of a worker that takes none, and finished with an error.</summary>
    private async Task FailJobsAsync()
    {
        var idle = _world.Pool.Ids("idle").Count;
        for (var (i, failed) = (0, 0); i < idle && failed < 3;)
        {
            var (deployment, worker, token) = (_world.Pool.Resolve($"{{{{idle:{i}}}}}"), _world.Pool.Resolve($"{{{{idle:{i}:worker}}}}"), _world.Pool.Resolve($"{{{{idle:{i}:token}}}}"));
            using var content = new StringContent("""{"input":{"prompt":"fails"}}""", Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
            using var run = await _http.PostAsync(new Uri($"/v2/{deployment}/run", UriKind.Relative), content);
            if ((int)run.StatusCode != 200)
            {
                // Gone, or another tenant's, whose jobs this one must not know.
                i++;
                continue;
            }

            using var take = new HttpRequestMessage(HttpMethod.Get, new Uri($"/v2/{deployment}/job-take/{worker}", UriKind.Relative));
            take.Headers.TryAddWithoutValidation("Authorization", token);
            using var taken = await _http.SendAsync(take);
            if ((int)taken.StatusCode != 200) return;
            // What a case has sent may come first, and may be anything.
            using var body = JsonDocument.Parse(await taken.Content.ReadAsStringAsync(), new JsonDocumentOptions { MaxDepth = 1000 });
            var job = body.RootElement.GetProperty("id").GetString()!;
            using var done = new HttpRequestMessage(HttpMethod.Post, new Uri($"/v2/{deployment}/job-done/{worker}/{job}", UriKind.Relative));
            done.Headers.TryAddWithoutValidation("Authorization", token);
            done.Content = new StringContent("""{"error":"it failed"}""");
            using var noted = await _http.SendAsync(done);
            _world.Pool.Add("jobs", ("id", job), ("deployment", deployment));
            failed++;
        }
    }

    private async Task<string?> CreateAsync()
    {
        var provider = _created++ % 2 == 0 ? "runpod-pods" : "runpod";
        var json = $$"""{"hf_model_id":"{{FuzzWorld.Model}}","provider":"{{provider}}","reuse":false,"workers":{"min":1,"max":2,"scaler_value":0.5} }""";
        using var content = new StringContent(json, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        using var response = await _http.PostAsync(new Uri("/v1/deployments", UriKind.Relative), content);
        if ((int)response.StatusCode != 202) return null;
        var id = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("deployment_id").GetString()!;
        _world.Pool.Add("deployments", ("id", id));
        return id;
    }

    /// <summary>A service that is never there: requests are queued for it, and it has a state to be shown.</summary>
    private async Task CreateServiceAsync()
    {
        using var content = new StringContent("""{"service":{"upstream":"https://192.0.2.1/","max_queue":2}}""", Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        using var response = await _http.PostAsync(new Uri("/v1/deployments", UriKind.Relative), content);
        response.EnsureSuccessStatusCode();
        _world.Pool.Add("services", ("id", JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("deployment_id").GetString()!));
    }

    private async Task<List<string>> ListAsync(string status)
    {
        using var response = await _http.GetAsync(new Uri($"/v1/deployments?limit=100&status={status}", UriKind.Relative));
        if (!response.IsSuccessStatusCode) return [];
        var page = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        return [.. page.GetProperty("deployments").EnumerateArray().Select(one => one.GetProperty("deployment_id").GetString()!)];
    }
}
