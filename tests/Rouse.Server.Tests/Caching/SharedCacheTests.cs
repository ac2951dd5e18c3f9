using System.Net.Http.Json;
using System.Text.Json;
using Rouse.Contracts.Deployments;
using Rouse.Contracts.Workers;
using Rouse.Server.Caching;
using Rouse.Server.Tests.Host;
using Rouse.TestKit.Hub;
using Rouse.TestKit.Swift;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Caching;

/// <summary>The operator's cache, as its tenants and its operator meet it: a whole server, real workers and a real S3 server.</summary>
public sealed class SharedCacheTests : IAsyncLifetime
{
    private const string AliceKey = "the-key-of-alice-0001";
    private const string BobKey = "the-key-of-bob-000001";
    private const string AdminKey = "the-key-of-the-operator";

    private FakeHub _hub = null!;
    private TestServer _server = null!;
    private Bucket _bucket = null!;

    public async Task InitializeAsync()
    {
        if (new SwiftFactAttribute().Skip is not null) return;
        _bucket = await Bucket.CreateAsync();
        _hub = await FakeHub.StartAsync(TinyHub.Repository("org/tiny"), TinyHub.Repository("org/gated", gated: true), TinyHub.Repository("org/unlisted"));
        _server = await TestServer.StartAsync(options => options with
        {
            HubEndpoint = _hub.Endpoint,
            ApiKeys = $"alice={AliceKey},bob={BobKey}",
            AdminKey = AdminKey,
            // The hub's second origin, which its redirects name.
            EgressAllow = "127.0.0.1",
            SharedCache = new CacheHostOptions
            {
                Url = $"s3://{_bucket.Name}/models", Endpoint = _bucket.Endpoint, AccessKeyId = _bucket.Account.AccessKeyId, SecretAccessKey = _bucket.Account.SecretAccessKey,
                AllowedModels = ["org/tiny", "org/gated"],
            },
        });
    }

    public async Task DisposeAsync()
    {
        if (_server is null) return;
        await _server.DisposeAsync();
        await _hub.DisposeAsync();
        _bucket.Dispose();
    }

    [SwiftFact]
    public async Task FirstDeployment_HasItFilled_AndOtherTenantsLoadFromIt()
    {
        var first = await ReadyAsync(AliceKey, await DeployAsync(AliceKey, "org/tiny"));
        Assert.Equal(("shared", false), (first.CacheScope, first.LoadedFromCache));
        await Eventually.TrueAsync(async () => await EntriesAsync() is [{ } entry] && entry.GetProperty("state").GetString() == "complete");
        Assert.All(await _bucket.KeysAsync(), key => Assert.Matches("^models/org--tiny/[0-9a-f]{40}/", key));

        Directory.Delete(Path.Combine(_server.Folder, "data", "cache", "hub"), recursive: true);
        var id = await DeployAsync(BobKey, "org/tiny");
        Assert.True((await ReadyAsync(BobKey, id)).LoadedFromCache);

        var cost = await SendAsync(BobKey, HttpMethod.Get, $"/v1/deployments/{id}/cost");
        var parts = cost.Body.GetProperty("parts").EnumerateArray().ToDictionary(part => part.GetProperty("kind").GetString()!, StringComparer.Ordinal);
        Assert.True(parts["cache_egress"].GetProperty("quantity").GetDecimal() > 0, cost.Body.ToString());
        Assert.True(parts["cache_requests"].GetProperty("quantity").GetDecimal() >= 4, cost.Body.ToString());
        Assert.False(parts.ContainsKey("cache_storage"), "what the first deployment had stored is counted there");
        var filler = (await SendAsync(AliceKey, HttpMethod.Get, $"/v1/deployments/{first.DeploymentId}/cost")).Body;
        Assert.Contains(filler.GetProperty("parts").EnumerateArray(), part => part.GetProperty("kind").GetString() == "cache_storage" && part.GetProperty("seconds").GetDouble() > 0);
        Assert.Equal(filler.GetProperty("estimated_cost_usd").GetDecimal(), filler.GetProperty("parts").EnumerateArray().Sum(part => part.GetProperty("usd").GetDecimal()), 5);
    }

    [SwiftFact]
    public async Task Tenants_GetAddressesThatReadThisModel_AndNeitherKeysNorAnythingElse()
    {
        await FilledAsync("org/tiny");
        var id = await DeployAsync(AliceKey, "org/tiny");
        await ReadyAsync(AliceKey, id);
        var worker = WorkerView.Of(id);
        Assert.DoesNotContain(_bucket.Account.SecretAccessKey, worker.Environment, StringComparison.Ordinal);
        Assert.DoesNotContain(_bucket.Name, worker.Environment, StringComparison.Ordinal);
        using var answer = await worker.AskAsync(_server.Http, id);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.DoesNotContain(_bucket.Account.SecretAccessKey, text, StringComparison.Ordinal);
        var reply = (await answer.Content.ReadFromJsonAsync(Rouse.Contracts.RouseJson.Default.WorkerCacheReply))!;
        Assert.True(reply.Hit, text);
        Assert.All(reply.Files!, file => Assert.StartsWith($"{_bucket.Endpoint}/{_bucket.Name}/models/org--tiny/{reply.Commit}/{file.Path}?", file.Url, StringComparison.Ordinal));

        using var http = new HttpClient();
        var url = reply.Files![0].Url;
        var before = await _bucket.KeysAsync();
        foreach (var (method, to) in new[] { (HttpMethod.Put, url), (HttpMethod.Delete, url), (HttpMethod.Get, url[..url.IndexOf('?')][..url.IndexOf("/models", StringComparison.Ordinal)] + url[url.IndexOf('?')..]) })
        {
            using var request = new HttpRequestMessage(method, to) { Content = method == HttpMethod.Put ? new StringContent("poison") : null };
            using var refused = await http.SendAsync(request);
            Assert.Equal(403, (int)refused.StatusCode);
        }

        Assert.Equal(before, await _bucket.KeysAsync());
    }

    [SwiftFact]
    public async Task WorkersQuestion_WithAnotherAttemptsSecret_IsRefused()
    {
        var mine = await DeployAsync(AliceKey, "org/tiny");
        var theirs = await DeployAsync(BobKey, "org/tiny");
        await Task.WhenAll(ReadyAsync(AliceKey, mine), ReadyAsync(BobKey, theirs));
        using var forged = await WorkerView.Of(mine).AskAsync(_server.Http, theirs);
        Assert.Equal(401, (int)forged.StatusCode);
    }

    [SwiftFact]
    public async Task GatedModel_IsServedToItsTenant_AndNeverEntersTheCache()
    {
        var id = await DeployAsync(AliceKey, "org/gated", $",\"hf_token\":\"{FakeHub.Token}\"");
        var view = await ReadyAsync(AliceKey, id);
        Assert.False(view.LoadedFromCache);
        await Eventually.TrueAsync(async () => (await GetAsync(AliceKey, id)).Logs.Any(line => line.Message.Contains("never enters the shared cache", StringComparison.Ordinal)));
        Assert.Empty(await _bucket.KeysAsync());
        Assert.Empty(await EntriesAsync());
        var refused = await SendAsync(AdminKey, HttpMethod.Post, "/v1/cache", """{"hf_model_id":"org/gated"}""");
        Assert.Equal((400, "MODEL_NOT_CACHEABLE"), (refused.Status, refused.Body.GetProperty("code").GetString()));
        // Whoever has no token gets no gated model, cached or not.
        var bob = await DeployAsync(BobKey, "org/gated");
        await EndOfStartAsync(BobKey, bob);
        Assert.True((await GetAsync(BobKey, bob)) is { ErrorCode: "model_gated" }, (await SendAsync(BobKey, HttpMethod.Get, $"/v1/deployments/{bob}")).Body.ToString());
    }

    [SwiftFact]
    public async Task ModelThatIsNotListed_IsRefused_AndNothingChanges()
    {
        var (status, body) = await SendAsync(AliceKey, HttpMethod.Post, "/v1/deployments", """{"hf_model_id":"org/unlisted","cache_scope":"shared"}""");
        Assert.Equal((400, "INVALID_DEPLOYMENT_REQUEST"), (status, body.GetProperty("code").GetString()));
        Assert.Contains("SHARED_CACHE_ALLOWED_MODELS", body.GetProperty("details").GetProperty("cache_scope").GetString(), StringComparison.Ordinal);
        var fill = await SendAsync(AdminKey, HttpMethod.Post, "/v1/cache", """{"hf_model_id":"org/unlisted"}""");
        Assert.Equal((400, "MODEL_NOT_CACHEABLE"), (fill.Status, fill.Body.GetProperty("code").GetString()));
        Assert.Empty(await _bucket.KeysAsync());
    }

    [SwiftFact]
    public async Task Operator_FillsListsAndRemoves_AndTenantsMayNot()
    {
        foreach (var (method, path, json) in new[] { (HttpMethod.Get, "/v1/cache", null), (HttpMethod.Post, "/v1/cache", """{"hf_model_id":"org/tiny"}"""), (HttpMethod.Delete, "/v1/cache?hf_model_id=org/tiny", null) })
        {
            Assert.Equal(403, (await SendAsync(AliceKey, method, path, json)).Status);
        }

        await FilledAsync("org/tiny");
        var entry = Assert.Single(await EntriesAsync());
        Assert.Equal((12, true), (entry.GetProperty("files").GetInt32(), entry.GetProperty("bytes").GetInt64() > 100_000));
        var removed = await SendAsync(AdminKey, HttpMethod.Delete, "/v1/cache?hf_model_id=org/tiny");
        Assert.Equal((202, 1), (removed.Status, removed.Body.GetProperty("removing").GetInt32()));
        await Eventually.TrueAsync(async () => (await EntriesAsync()).Count == 0);
        Assert.Empty(await _bucket.KeysAsync());
    }

    private async Task FilledAsync(string model)
    {
        Assert.Equal(202, (await SendAsync(AdminKey, HttpMethod.Post, "/v1/cache", $$"""{"hf_model_id":"{{model}}"}""")).Status);
        await Eventually.TrueAsync(async () => await EntriesAsync() is [{ } entry] && entry.GetProperty("state").GetString() == "complete");
    }

    private async Task<IReadOnlyList<JsonElement>> EntriesAsync()
    {
        var (status, body) = await SendAsync(AdminKey, HttpMethod.Get, "/v1/cache");
        Assert.True(status == 200, body.ToString());
        return [.. body.GetProperty("entries").EnumerateArray()];
    }

    private async Task<string> DeployAsync(string key, string model, string more = "")
    {
        var (status, body) = await SendAsync(key, HttpMethod.Post, "/v1/deployments", $$"""{"hf_model_id":"{{model}}","cache_scope":"shared"{{more}}}""");
        Assert.True(status == 202, body.ToString());
        return body.GetProperty("deployment_id").GetString()!;
    }

    private async Task<DeploymentView> ReadyAsync(string key, string id)
    {
        await EndOfStartAsync(key, id);
        var view = await GetAsync(key, id);
        Assert.True(view.Status == "ready", $"{view.Status} {view.Error}");
        return view;
    }

    private Task EndOfStartAsync(string key, string id) => Eventually.TrueAsync(async () => (await GetAsync(key, id)).Status is "ready" or "failed");

    private async Task<DeploymentView> GetAsync(string key, string id) =>
        (await SendAsync(key, HttpMethod.Get, $"/v1/deployments/{id}")).Body.Deserialize(Rouse.Contracts.RouseJson.Default.DeploymentView)!;

    private Task<(int Status, JsonElement Body)> SendAsync(string key, HttpMethod method, string path, string? json = null) =>
        _server.SendAsync(method, path, json, ("Authorization", "Bearer " + key));
}
