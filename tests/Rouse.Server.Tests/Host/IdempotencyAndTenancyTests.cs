namespace Rouse.Server.Tests.Host;

/// <summary>A repeated request is one deployment; another tenant's deployment is nobody's.</summary>
public sealed class IdempotencyAndTenancyTests
{
    private const string Alice = "alice-key-0123456789";
    private const string Bob = "bob-key-0123456789ab";
    private const string Body = """{"hf_model_id":"org/name","workers":{"start_timeout_seconds":60}}""";

    [Fact]
    public async Task SameKey_SentManyTimesAtOnce_MakesOneDeployment()
    {
        await using var server = await TestServer.StartAsync(WithoutWorker);
        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => server.SendAsync(HttpMethod.Post, "/v1/deployments", Body, ("Idempotency-Key", "once"))));
        Assert.All(replies, reply => Assert.True(reply.Status is 202, reply.Body.ToString()));
        Assert.Single(replies.Select(reply => reply.Body.GetProperty("deployment_id").GetString()).Distinct(StringComparer.Ordinal));
        Assert.Equal(1, (await server.SendAsync(HttpMethod.Get, "/v1/deployments")).Body.GetProperty("total").GetInt32());

        var (status, other) = await server.SendAsync(HttpMethod.Post, "/v1/deployments", """{"hf_model_id":"org/other"}""", ("Idempotency-Key", "once"));
        Assert.Equal((422, "IDEMPOTENCY_KEY_REUSED"), (status, other.GetProperty("code").GetString()));
        Assert.Equal(400, (await server.SendAsync(HttpMethod.Post, "/v1/deployments", Body, ("Idempotency-Key", new string('k', 256)))).Status);
    }

    [Fact]
    public async Task SameKey_AfterARestart_IsStillAnsweredTheSame()
    {
        await using var server = await TestServer.StartAsync(WithoutWorker);
        var first = await server.SendAsync(HttpMethod.Post, "/v1/deployments", Body, ("Idempotency-Key", "\"quoted\""));
        await server.RestartAsync(WithoutWorker);
        var second = await server.SendAsync(HttpMethod.Post, "/v1/deployments", Body, ("Idempotency-Key", "quoted"));
        Assert.Equal(first.Body.GetRawText(), second.Body.GetRawText());
    }

    [Fact]
    public async Task Deployment_IsSeenByItsOwnerAlone()
    {
        await using var server = await TestServer.StartAsync(options => WithoutWorker(options) with { ApiKeys = $"alice={Alice},bob={Bob}" });
        var (status, body) = await server.SendAsync(HttpMethod.Post, "/v1/deployments", Body, ("Authorization", $"Bearer {Alice}"));
        Assert.Equal(202, status);
        var id = body.GetProperty("deployment_id").GetString()!;

        foreach (var (method, path) in new[]
        {
            (HttpMethod.Get, $"/v1/deployments/{id}"), (HttpMethod.Delete, $"/v1/deployments/{id}"), (HttpMethod.Get, $"/v1/deployments/{id}/stream"),
            (HttpMethod.Get, $"/v1/deployments/{id}/logs/stream"), (HttpMethod.Get, $"/v2/{id}/health"), (HttpMethod.Post, $"/v2/{id}/purge-queue"),
        })
        {
            Assert.Equal(404, (await server.SendAsync(method, path, null, ("X-Runpod-Api-Key", Bob))).Status);
            Assert.Equal(401, (await server.SendAsync(method, path)).Status);
            Assert.Equal(401, (await server.SendAsync(method, path, null, ("Authorization", "Bearer not-a-key-of-anybody"))).Status);
        }

        Assert.Equal(200, (await server.SendAsync(HttpMethod.Get, $"/v1/deployments/{id}", null, ("X-Runpod-Api-Key", Alice))).Status);
        Assert.Equal(0, (await server.SendAsync(HttpMethod.Get, "/v1/deployments", null, ("Authorization", $"Bearer {Bob}"))).Body.GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task Server_ThatOthersCanReach_DoesNotStartWithoutKeys()
    {
        var folder = Directory.CreateTempSubdirectory("rouse-test-").FullName;
        var error = await Assert.ThrowsAsync<RouseHostException>(() => RouseHost.StartAsync(new RouseHostOptions { DataFolder = folder, Host = "0.0.0.0", Port = 0, HandleSignals = false }));
        Assert.Contains("ROUSE_API_KEYS", error.Message, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task DevelopmentMode_TakesNoCredentialUnchecked()
    {
        await using var server = await TestServer.StartAsync(WithoutWorker);
        Assert.Equal(401, (await server.SendAsync(HttpMethod.Get, "/v1/deployments", null, ("Authorization", "Bearer anything-at-all-1234"))).Status);
        Assert.Equal(200, (await server.SendAsync(HttpMethod.Get, "/v1/deployments")).Status);
    }

    [Fact]
    public async Task Pages_CoverEveryDeploymentOnce()
    {
        await using var server = await TestServer.StartAsync(WithoutWorker);
        HashSet<string> made = [];
        for (var i = 0; i < 7; i++) made.Add(await server.DeployAsync(Body));
        List<string> seen = [];
        string? cursor = null;
        do
        {
            var page = (await server.SendAsync(HttpMethod.Get, $"/v1/deployments?limit=3&cursor={cursor}".Replace("&cursor=", cursor is null ? "" : "&cursor=", StringComparison.Ordinal))).Body;
            Assert.Equal(7, page.GetProperty("total").GetInt32());
            seen.AddRange(page.GetProperty("deployments").EnumerateArray().Select(one => one.GetProperty("deployment_id").GetString()!));
            cursor = page.TryGetProperty("next_cursor", out var next) ? next.GetString() : null;
        }
        while (cursor is not null);
        Assert.Equal(7, seen.Count);
        Assert.Equal(made.Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));
    }

    /// <summary>These tests are about rows; a worker that is not there lets no process start.</summary>
    private static RouseHostOptions WithoutWorker(RouseHostOptions options) => options with { Worker = "/there/is/no/worker.dll" };
}
