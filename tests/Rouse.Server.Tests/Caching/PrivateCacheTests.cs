using System.Text;
using Rouse.Contracts.Deployments;
using Rouse.Server.Caching;
using Rouse.Server.Tests.Host;
using Rouse.TestKit.Hub;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Caching;

/// <summary>A tenant's own cache, with a whole server, real workers and a real S3 server.</summary>
public sealed class PrivateCacheTests : IAsyncLifetime
{
    private FakeHub _hub = null!;
    private TestServer _server = null!;
    private Bucket _bucket = null!;

    public async Task InitializeAsync()
    {
        if (new SwiftFactAttribute().Skip is not null) return;
        _bucket = await Bucket.CreateAsync();
        _hub = await FakeHub.StartAsync(TinyHub.Repository("org/tiny"));
        _server = await TestServer.StartAsync(Options);
    }

    public async Task DisposeAsync()
    {
        if (_server is null) return;
        await _server.DisposeAsync();
        await _hub.DisposeAsync();
        _bucket.Dispose();
    }

    [SwiftFact]
    public async Task SecondDeployment_LoadsFromTheCache_WithTheHubSwitchedOff()
    {
        var first = await DeployAsync();
        var cold = await ReadyAsync(first);
        Assert.Equal(("private", false), (cold.CacheScope, cold.LoadedFromCache));
        var manifest = await FilledAsync();
        Assert.Matches("^models/[0-9a-f]{32}/org--tiny/[0-9a-f]{40}/.rouse-manifest.json$", manifest);
        Assert.All(await _bucket.KeysAsync(), key => Assert.StartsWith(manifest[..^CacheManifest.Name.Length], key, StringComparison.Ordinal));
        Assert.Equal(0, await _bucket.OpenUploadsAsync());
        await RemoveAsync(first);

        // Another machine, as it were: nothing lies on its disk, and the hub is gone.
        await _hub.DisposeAsync();
        await _server.RestartAsync(Options);
        Directory.Delete(Path.Combine(_server.Folder, "data", "cache", "tenants"), recursive: true);
        var second = await DeployAsync();
        var warm = await ReadyAsync(second);
        Assert.True(warm.LoadedFromCache, string.Join('\n', warm.Logs.Select(line => line.Message)));
        var (status, job) = await _server.SendAsync(HttpMethod.Post, $"/v2/{second}/runsync", """{"input":{"prompt":"hills","num_inference_steps":2,"width":64,"height":64}}""");
        Assert.True(status == 200 && job.GetProperty("status").GetString() == "COMPLETED", job.ToString());
    }

    [SwiftFact]
    public async Task Keys_AreInNoWorkersEnvironment_NoAnswer_AndNoFile()
    {
        var id = await DeployAsync();
        await ReadyAsync(id);
        await FilledAsync();
        var environment = WorkerView.AllOf(id);
        Assert.NotEmpty(environment);
        Assert.All(environment.Select(worker => worker.Environment), text =>
        {
            Assert.Contains("ROUSE_OBJECT_CACHE=1", text, StringComparison.Ordinal);
            AssertHasNothing(text);
        });
        foreach (var path in new[] { $"/v1/deployments/{id}", "/v1/deployments", $"/v1/deployments/{id}/cost", "/metrics", "/v1/doctor" })
        {
            AssertHasNothing(await _server.Http.GetStringAsync(new Uri(path, UriKind.Relative)));
        }

        await _server.Host.DisposeAsync();
        foreach (var file in Directory.EnumerateFiles(_server.Folder, "*", SearchOption.AllDirectories)) AssertHasNothing(Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file)));

        void AssertHasNothing(string text)
        {
            Assert.DoesNotContain(_bucket.Account.SecretAccessKey, text, StringComparison.Ordinal);
            Assert.DoesNotContain(_bucket.Account.AccessKeyId, text, StringComparison.Ordinal);
        }
    }

    [SwiftFact]
    public async Task Off_PutsNoCacheVariableAnywhere()
    {
        var id = await _server.DeployAsync("""{"hf_model_id":"org/tiny"}""");
        await ReadyAsync(id);
        Assert.NotEmpty(WorkerView.AllOf(id));
        // The folder on this machine's disk that its workers share is no cache of anybody's choice.
        Assert.All(WorkerView.AllOf(id).Select(worker => worker.Environment), text => Assert.DoesNotMatch("(?m)^(AWS_|S3_|USER_|SHARED_|ROUSE_OBJECT|[A-Z0-9_]*CACHE(?<!^ROUSE_MODEL_CACHE)=)", text));
        Assert.Null((await _server.GetAsync(id)).LoadedFromCache);
    }

    [SwiftFact]
    public async Task DamagedCopy_IsNotServed_IsToldLoudly_AndIsPutThereAnew()
    {
        await RemoveAsync(await DeployedAsync());
        var manifest = await FilledAsync();
        var damaged = manifest.Replace(CacheManifest.Name, "unet/model.onnx", StringComparison.Ordinal);
        var good = await _bucket.GetAsync(damaged);
        var bad = good.ToArray();
        bad[good.Length / 2] ^= 0x40;
        await _bucket.PutAsync(damaged, bad);
        Directory.Delete(Path.Combine(_server.Folder, "data", "cache", "tenants"), recursive: true);

        var view = await ReadyAsync(await DeployAsync());
        Assert.False(view.LoadedFromCache);
        // Lines come in batches of their own, so some after the phase that they belong to.
        await Eventually.TrueAsync(async () => (await _server.GetAsync(view.DeploymentId)).Logs.Any(
            line => line.Level == "WARNING" && line.Message.Contains("NOT used", StringComparison.Ordinal)));
        await RemoveAsync(view.DeploymentId);
        // The next start finds it forgotten, and has it filled again.
        Directory.Delete(Path.Combine(_server.Folder, "data", "cache", "tenants"), recursive: true);
        Assert.False((await ReadyAsync(await DeployAsync())).LoadedFromCache);
        await Eventually.TrueAsync(async () => (await _bucket.GetAsync(damaged)).AsSpan().SequenceEqual(good));
    }

    [SwiftFact]
    public async Task StoreThatDoesNotTakeTheKeys_CostsNothingButTheCache()
    {
        var id = await _server.DeployAsync(Request("models").Replace(_bucket.Account.SecretAccessKey, "another-secret", StringComparison.Ordinal));
        Assert.False((await ReadyAsync(id)).LoadedFromCache);
        await Eventually.TrueAsync(async () => (await _server.GetAsync(id)).Logs.Any(line => line.Message.Contains("does not take these keys", StringComparison.Ordinal)));
        Assert.Empty(await _bucket.KeysAsync());
    }

    private RouseHostOptions Options(RouseHostOptions options) => options with { HubEndpoint = _hub.Endpoint };

    private Task<string> DeployAsync() => _server.DeployAsync(Request("models"));

    private async Task<string> DeployedAsync()
    {
        var id = await DeployAsync();
        await ReadyAsync(id);
        return id;
    }

    private string Request(string prefix) => $$"""
        {"hf_model_id":"org/tiny","cache_scope":"private","user_s3_url":"s3://{{_bucket.Name}}/{{prefix}}","user_aws_endpoint_url":"{{_bucket.Endpoint}}",
        "user_aws_access_key_id":"{{_bucket.Account.AccessKeyId}}","user_aws_secret_access_key":"{{_bucket.Account.SecretAccessKey}}"}
        """;

    private async Task<DeploymentView> ReadyAsync(string id)
    {
        await _server.ReadStreamAsync($"/v1/deployments/{id}/stream");
        var view = await _server.GetAsync(id);
        Assert.True(view.Status == "ready", $"{view.Status} {view.Error}");
        return view;
    }

    /// <summary>The key of the manifest, once it is there.</summary>
    private async Task<string> FilledAsync()
    {
        await Eventually.TrueAsync(async () => (await _bucket.KeysAsync()).Any(key => key.EndsWith(CacheManifest.Name, StringComparison.Ordinal)));
        return Assert.Single(await _bucket.KeysAsync(), key => key.EndsWith(CacheManifest.Name, StringComparison.Ordinal));
    }

    private async Task RemoveAsync(string id)
    {
        Assert.Equal(204, (await _server.SendAsync(HttpMethod.Delete, $"/v1/deployments/{id}")).Status);
        await Eventually.TrueAsync(async () => (await _server.GetAsync(id)).ResourcesReleasedAt is not null);
    }
}
