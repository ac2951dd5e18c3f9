using System.Text.Json;
using Rouse.Core.Ports;
using Rouse.Server.Auth;
using Rouse.Server.Tests.Host;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Tenants;

/// <summary>Keys that the server makes: what they may do, and that they end.</summary>
public sealed class KeyTests : IAsyncLifetime
{
    private const string Admin = "the-admin-key-0123456789";
    private const string Alice = "alice-key-0123456789";

    private readonly ManualTime _time = new();
    private TestServer _server = null!;

    public async Task InitializeAsync() => _server = await TestServer.StartAsync(Options);

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task AKey_IsShownOnce_AndIsItsTenants()
    {
        var made = await MakeAsync(Alice, """{"name":"ci"}""");
        var key = made.GetProperty("key").GetString()!;
        Assert.StartsWith("rouse_", key, StringComparison.Ordinal);
        Assert.Equal("alice", made.GetProperty("tenant").GetString());
        Assert.Equal(["read", "run", "deploy"], made.GetProperty("scopes").EnumerateArray().Select(word => word.GetString()));

        var (status, list) = await AskAsync(Alice, HttpMethod.Get, "/v1/keys");
        Assert.Equal(200, status);
        var listed = Assert.Single(list.GetProperty("keys").EnumerateArray());
        Assert.Equal(made.GetProperty("id").GetString(), listed.GetProperty("id").GetString());
        Assert.EndsWith(listed.GetProperty("hint").GetString()!, key, StringComparison.Ordinal);
        Assert.DoesNotContain(key, list.ToString(), StringComparison.Ordinal);

        var (deployed, deployment) = await AskAsync(key, HttpMethod.Post, "/v1/deployments", """{"hf_model_id":"org/name"}""");
        Assert.Equal(202, deployed);
        Assert.Equal(200, (await AskAsync(Alice, HttpMethod.Get, "/v1/deployments/" + deployment.GetProperty("deployment_id").GetString())).Status);
    }

    [Fact]
    public async Task AKey_MayDoWhatItsScopesSay_AndGiveAwayNoMore()
    {
        var reader = await KeyAsync(Alice, """{"name":"r","scopes":["read"]}""");
        Assert.Equal(200, (await AskAsync(reader, HttpMethod.Get, "/v1/deployments")).Status);
        var (status, problem) = await AskAsync(reader, HttpMethod.Post, "/v1/deployments", """{"hf_model_id":"org/name"}""");
        Assert.Equal((403, "FORBIDDEN", "deploy"), (status, problem.GetProperty("code").GetString(), problem.GetProperty("details").GetProperty("missing_scope").GetString()));
        Assert.Equal(403, (await AskAsync(reader, HttpMethod.Get, "/v1/keys")).Status);
        Assert.Equal(403, (await AskAsync(Alice, HttpMethod.Post, "/v1/keys", """{"name":"a","scopes":["admin"]}""")).Status);
        Assert.Equal(403, (await AskAsync(Alice, HttpMethod.Get, "/metrics")).Status);
        Assert.Equal(200, (await AskAsync(await KeyAsync(Admin, """{"name":"a","scopes":["admin"]}"""), HttpMethod.Get, "/v1/tenants")).Status);
        // The operator's own scope says nothing about anybody's things.
        Assert.Equal(403, (await AskAsync(await KeyAsync(Admin, """{"name":"b","scopes":["admin"]}"""), HttpMethod.Get, "/v1/deployments")).Status);
    }

    [Fact]
    public async Task ARevokedKey_IsRefusedAtOnce_AndAnExpiredOneWhenItsTimeIsOver()
    {
        var made = await MakeAsync(Alice, """{"name":"short","expires_in_seconds":60}""");
        var key = made.GetProperty("key").GetString()!;
        Assert.Equal(200, (await AskAsync(key, HttpMethod.Get, "/v1/deployments")).Status);
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(401, (await AskAsync(key, HttpMethod.Get, "/v1/deployments")).Status);

        var other = await MakeAsync(Alice, """{"name":"other"}""");
        var text = other.GetProperty("key").GetString()!;
        Assert.Equal(200, (await AskAsync(text, HttpMethod.Get, "/v1/deployments")).Status);
        var path = "/v1/keys/" + other.GetProperty("id").GetString();
        Assert.Equal(204, (await AskAsync(Alice, HttpMethod.Delete, path)).Status);
        Assert.Equal(401, (await AskAsync(text, HttpMethod.Get, "/v1/deployments")).Status);
        Assert.Equal(204, (await AskAsync(Alice, HttpMethod.Delete, path)).Status);
    }

    [Fact]
    public async Task TheStore_HoldsNoKey()
    {
        var key = (await AskAsync(Alice, HttpMethod.Post, "/v1/keys", """{"name":"secret"}""", "kept-sealed")).Body.GetProperty("key").GetString()!;
        Assert.Equal(200, (await AskAsync(key, HttpMethod.Get, "/v1/deployments")).Status);
        await _server.Host.StopAsync();
        var secret = key[(RouseKey.Prefix.Length + 27)..];
        foreach (var file in Directory.EnumerateFiles(_server.Folder, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)))
        {
            Assert.False((await File.ReadAllBytesAsync(file)).AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(secret)) >= 0, file);
        }
    }

    [Fact]
    public async Task ARepeatedRequest_GetsItsKeyAgain_ForADay_AndNobodyElseDoes()
    {
        const string body = """{"name":"ci","scopes":["keys"]}""";
        var (status, made) = await AskAsync(Alice, HttpMethod.Post, "/v1/keys", body, "once");
        Assert.Equal(201, status);
        var (again, same) = await AskAsync(Alice, HttpMethod.Post, "/v1/keys", body, "once");
        Assert.Equal((201, made.ToString()), (again, same.ToString()));
        Assert.Single((await AskAsync(Alice, HttpMethod.Get, "/v1/keys")).Body.GetProperty("keys").EnumerateArray());
        Assert.Equal(422, (await AskAsync(Alice, HttpMethod.Post, "/v1/keys", """{"name":"other"}""", "once")).Status);

        // Another caller of the same tenant makes a key of its own, and one who may do less is refused as ever.
        var key = made.GetProperty("key").GetString()!;
        Assert.NotEqual(key, (await AskAsync(key, HttpMethod.Post, "/v1/keys", body, "once")).Body.GetProperty("key").GetString());
        Assert.Equal(403, (await AskAsync(await KeyAsync(Alice, """{"name":"r","scopes":["read"]}"""), HttpMethod.Post, "/v1/keys", body, "once")).Status);

        _time.Advance(TimeSpan.FromHours(24));
        Assert.NotEqual(key, (await AskAsync(Alice, HttpMethod.Post, "/v1/keys", body, "once")).Body.GetProperty("key").GetString());
    }

    [Fact]
    public async Task Operator_MakesKeysForTenants_AndTakesTheirsAway()
    {
        var bob = await KeyAsync(Admin, """{"name":"first","tenant":"bob","scopes":["keys"]}""");
        var (status, body) = await AskAsync(bob, HttpMethod.Post, "/v1/deployments", """{"hf_model_id":"org/name"}""");
        Assert.Equal(202, status);
        Assert.Equal(403, (await AskAsync(bob, HttpMethod.Get, "/v1/keys?tenant=alice")).Status);
        Assert.Equal(403, (await AskAsync(bob, HttpMethod.Post, "/v1/keys", """{"name":"x","tenant":"alice"}""")).Status);
        Assert.Equal(404, (await AskAsync(Admin, HttpMethod.Get, "/v1/keys?tenant=nobody")).Status);

        var tenants = (await AskAsync(Admin, HttpMethod.Get, "/v1/tenants")).Body.GetProperty("tenants").EnumerateArray().ToList();
        var seen = tenants.Single(tenant => tenant.GetProperty("tenant").GetString() == "bob");
        Assert.Equal(("operator", 1), (seen.GetProperty("kind").GetString(), seen.GetProperty("living_deployments").GetInt32()));

        Assert.Equal(200, (await AskAsync(Admin, HttpMethod.Post, "/v1/tenants/bob/disable")).Status);
        var refused = await AskAsync(bob, HttpMethod.Get, "/v1/deployments");
        Assert.Equal((403, "TENANT_DISABLED"), (refused.Status, refused.Body.GetProperty("code").GetString()));
        var removal = await AskAsync(Admin, HttpMethod.Delete, "/v1/tenants/bob/deployments");
        Assert.Equal((202, 1), (removal.Status, removal.Body.GetProperty("deleting").GetInt32()));
        Assert.Equal(200, (await AskAsync(Admin, HttpMethod.Post, "/v1/tenants/bob/enable")).Status);
        var id = body.GetProperty("deployment_id").GetString();
        var gone = await AskAsync(bob, HttpMethod.Get, $"/v1/deployments/{id}");
        Assert.Equal("deleting", gone.Body.GetProperty("status").GetString());
        Assert.Equal(409, (await AskAsync(Admin, HttpMethod.Post, "/v1/tenants/default/disable")).Status);
        Assert.Equal(404, (await AskAsync(Admin, HttpMethod.Post, "/v1/tenants/nobody/disable")).Status);
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"name":""}""")]
    [InlineData("""{"name":"  "}""")]
    [InlineData("""{"name":"a","scopes":[]}""")]
    [InlineData("""{"name":"a","scopes":["write"]}""")]
    [InlineData("""{"name":"a","expires_in_seconds":59}""")]
    [InlineData("""{"name":"a","expires_in_seconds":9223372036854775807}""")]
    [InlineData("""{"name":"a","more":1}""")]
    public async Task BadBodies_AreRefused_AndMakeNothing(string json)
    {
        Assert.Equal(400, (await AskAsync(Alice, HttpMethod.Post, "/v1/keys", json)).Status);
        Assert.Empty((await AskAsync(Alice, HttpMethod.Get, "/v1/keys")).Body.GetProperty("keys").EnumerateArray());
    }

    [Theory]
    [InlineData("Bad Name")]
    [InlineData("rp_00000000000000000000000000")]
    public async Task NamesThatAreNone_OrTheServersOwn_MakeNoTenant(string tenant) =>
        Assert.Contains((await AskAsync(Admin, HttpMethod.Post, "/v1/keys", $$"""{"name":"a","tenant":"{{tenant}}"}""")).Status, new[] { 400, 404 });

    [Theory]
    [InlineData("rouse_")]
    [InlineData("rouse_00000000000000000000000000_")]
    [InlineData("rouse_00000000000000000000000000_x")]
    [InlineData("rouse_0000000000000000000000000O_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")]
    public async Task WhatMerelyLooksLikeAKey_IsNone(string text) => Assert.Equal(401, (await AskAsync(text, HttpMethod.Get, "/v1/deployments")).Status);

    [Fact]
    public async Task TheRightIdWithAnotherSecret_IsNoKey()
    {
        var key = await KeyAsync(Alice, """{"name":"a"}""");
        var other = key[..^1] + (key[^1] == 'A' ? 'B' : 'A');
        Assert.Equal(401, (await AskAsync(other, HttpMethod.Get, "/v1/deployments")).Status);
        Assert.Equal(401, (await AskAsync(key + "A", HttpMethod.Get, "/v1/deployments")).Status);
    }

    private async Task<string> KeyAsync(string by, string json) => (await MakeAsync(by, json)).GetProperty("key").GetString()!;

    private async Task<JsonElement> MakeAsync(string by, string json)
    {
        var (status, body) = await AskAsync(by, HttpMethod.Post, "/v1/keys", json);
        Assert.True(status == 201, body.ToString());
        return body;
    }

    private Task<(int Status, JsonElement Body)> AskAsync(string key, HttpMethod method, string path, string? json = null, string? once = null) => once is null
        ? _server.SendAsync(method, path, json, ("Authorization", $"Bearer {key}"))
        : _server.SendAsync(method, path, json, ("Authorization", $"Bearer {key}"), ("Idempotency-Key", once));

    private RouseHostOptions Options(RouseHostOptions options) => options with
    {
        Worker = "/there/is/no/worker.dll", ApiKeys = $"alice={Alice}", AdminKey = Admin, Time = _time,
        // What is deployed stays where it is: these tests are about who may ask for it.
        Rewire = ports => ports with { Access = (_, _) => throw new ProviderException(ProviderFault.RateLimited, "Not in this test.") },
    };
}
