using System.Text.Json;
using Rouse.FakeRunpod;
using Rouse.FakeRunpod.Script;
using Rouse.Server.Tests.Host;
using Rouse.Server.Tests.Runpod;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Tenants;

/// <summary>A Runpod key is an identity: checked once, the account's whichever of its keys comes, and nothing is orphaned when keys change.</summary>
public sealed class RunpodIdentityTests : IAsyncLifetime
{
    private const string Alice = "alice-key-0123456789";
    private const string First = "rpa_first_key_of_the_guest";
    private const string Second = "rpa_second_key_of_the_guest";
    private const string Other = "rpa_the_key_of_somebody_else";

    private RunpodBench _bench = null!;

    private FakeRunpodServer Runpod => _bench.Runpod;

    public async Task InitializeAsync()
    {
        _bench = await RunpodBench.StartAsync(Keys);
        Runpod.AddAccount("guest", 100, First);
        Runpod.AddAccount("other", 100, Other);
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task AKey_IsCheckedOnce_AndKnownByItsDigestFromThenOn()
    {
        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => AskAsync(First, HttpMethod.Get, "/v1/deployments")));
        Assert.All(replies, reply => Assert.Equal(200, reply.Status));
        Assert.Single(Runpod.Calls, call => call is { Path: "/v2/network-volumes", Account: "guest" });
        await Runpod.DownAsync();
        await _bench.Server.RestartAsync(options => Keys(_bench.Options(options)));
        Assert.Equal(200, (await AskAsync(First, HttpMethod.Get, "/v1/deployments")).Status);
        Assert.Equal(200, (await _bench.Server.SendAsync(HttpMethod.Get, "/v1/deployments", null, ("X-Runpod-Api-Key", First))).Status);
        await _bench.Server.Host.StopAsync();
        foreach (var file in Directory.EnumerateFiles(_bench.Server.Folder, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)))
        {
            Assert.DoesNotContain(First, System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task S8_AGuest_DeploysOnItsOwnAccount_NeverOnTheServersNorItsMachine()
    {
        var id = await DeployAsync(First);
        await UntilAsync(First, id, "ready");
        Assert.Single(Runpod.Endpoints("guest"));
        Assert.Empty(Runpod.Endpoints());
        foreach (var body in new[] { """{"hf_model_id":"org/tiny","provider":"local"}""", """{"model_path":"/tmp"}""" })
        {
            var (status, problem) = await AskAsync(First, HttpMethod.Post, "/v1/deployments", body);
            Assert.Equal(400, status);
            Assert.True(problem.GetProperty("details").TryGetProperty("provider", out _), problem.ToString());
        }

        // A key the guest made here brings no account along: its own is kept for it, the server's stays the server's.
        var (made, key) = await AskAsync(First, HttpMethod.Post, "/v1/keys", """{"name":"ci"}""");
        Assert.Equal(201, made);
        var rouse = key.GetProperty("key").GetString()!;
        var next = await DeployAsync(rouse, ""","name":"by-ci","reuse":false""");
        await UntilAsync(rouse, next, "ready");
        Assert.Equal(2, Runpod.Endpoints("guest").Count);
        Assert.Empty(Runpod.Endpoints());
        Assert.Equal(403, (await AskAsync(First, HttpMethod.Get, "/metrics")).Status);
        Assert.Equal(404, (await AskAsync(Other, HttpMethod.Get, $"/v1/deployments/{id}")).Status);
        Assert.Equal(404, (await AskAsync(Alice, HttpMethod.Get, $"/v1/deployments/{id}")).Status);
    }

    [Fact]
    public async Task S14_RotatedKey_KeepsTheDeployments_AndRemovesThemAfterTheOldOneIsGone()
    {
        var id = await DeployAsync(First);
        await UntilAsync(First, id, "ready");
        Runpod.AddAccount("guest", 0, Second);
        var (added, view) = await AskAsync(First, HttpMethod.Post, "/v1/keys/runpod", $$"""{"api_key":"{{Second}}","name":"next"}""");
        Assert.True(added == 201, view.ToString());
        Assert.DoesNotContain(Second, view.ToString(), StringComparison.Ordinal);

        var keys = (await AskAsync(Second, HttpMethod.Get, "/v1/keys")).Body.GetProperty("keys").EnumerateArray().ToList();
        var old = keys.Single(key => key.GetProperty("id").GetString() != view.GetProperty("id").GetString());
        Assert.Equal(old.GetProperty("account").GetString(), view.GetProperty("account").GetString());
        Assert.Equal(204, (await AskAsync(Second, HttpMethod.Delete, "/v1/keys/" + old.GetProperty("id").GetString())).Status);
        Assert.Equal(401, (await AskAsync(First, HttpMethod.Get, "/v1/deployments")).Status);
        Runpod.RevokeKey(First);
        await DeleteAsync(Second, id);
        Assert.Empty(Runpod.Endpoints("guest"));
    }

    [Fact]
    public async Task NewKeyOfTheAccount_IsTheSameTenant_AndTakesOverWhatTheRevokedOneLeft()
    {
        var id = await DeployAsync(First);
        await UntilAsync(First, id, "ready");
        Runpod.RevokeKey(First);
        Runpod.AddAccount("guest", 0, Second);
        Assert.Equal(200, (await AskAsync(Second, HttpMethod.Get, $"/v1/deployments/{id}")).Status);
        await DeleteAsync(Second, id);
        Assert.Empty(Runpod.Endpoints("guest"));
    }

    [Fact]
    public async Task KeyOfABody_IsReplacedByOneThatSeesWhatItMade()
    {
        Runpod.AddAccount("alices", 100, "rpa_alices_old_key_0123");
        var id = await DeployAsync(Alice, ""","user_runpod_key":"rpa_alices_old_key_0123" """);
        await UntilAsync(Alice, id, "ready");
        // Somebody else's account does not show it, so nothing changes.
        Assert.Equal(201, (await AskAsync(Alice, HttpMethod.Post, "/v1/keys/runpod", $$"""{"api_key":"{{Other}}","name":"wrong"}""")).Status);
        Runpod.AddAccount("alices", 0, "rpa_alices_new_key_0123");
        Assert.Equal(201, (await AskAsync(Alice, HttpMethod.Post, "/v1/keys/runpod", """{"api_key":"rpa_alices_new_key_0123","name":"new"}""")).Status);
        Runpod.RevokeKey("rpa_alices_old_key_0123");
        await DeleteAsync(Alice, id);
        Assert.Empty(Runpod.Endpoints("alices"));
    }

    [Fact]
    public async Task AnAccount_IsOneTenants()
    {
        Assert.Equal(200, (await AskAsync(First, HttpMethod.Get, "/v1/deployments")).Status);
        var (status, problem) = await AskAsync(Alice, HttpMethod.Post, "/v1/keys/runpod", $$"""{"api_key":"{{First}}","name":"mine"}""");
        Assert.Equal((409, "ACCOUNT_TAKEN"), (status, problem.GetProperty("code").GetString()));
        Assert.Empty((await AskAsync(Alice, HttpMethod.Get, "/v1/keys")).Body.GetProperty("keys").EnumerateArray());
    }

    [Fact]
    public async Task RefusedKey_IsToldSoFromMemory()
    {
        for (var i = 0; i < 5; i++) Assert.Equal(401, (await AskAsync("rpa_made_up_by_somebody", HttpMethod.Get, "/v1/deployments")).Status);
        Assert.Single(Runpod.Calls, call => call is { Path: "/v2/network-volumes" });
    }

    [Fact]
    public async Task RunpodAway_LetsNobodyNewIn_AndIsNotHeldAgainstTheKey()
    {
        await Runpod.DownAsync();
        using (var request = new HttpRequestMessage(HttpMethod.Get, "/v1/deployments"))
        {
            request.Headers.Add("Authorization", "Bearer " + First);
            using var response = await _bench.Server.Http.SendAsync(request);
            var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
            Assert.Equal((503, "CREDENTIAL_UNCHECKED"), ((int)response.StatusCode, body.GetProperty("code").GetString()));
            Assert.NotNull(response.Headers.RetryAfter);
        }

        await Runpod.UpAsync();
        // Whose it is could not be told either: no tenant is made for half an answer.
        Runpod.Script.Add(new Fault(FaultKind.RefusedBeforeEffect, "POST", "/graphql") { Status = 503 });
        Assert.Equal(503, (await AskAsync(First, HttpMethod.Get, "/v1/deployments")).Status);
        Assert.Equal(200, (await AskAsync(First, HttpMethod.Get, "/v1/deployments")).Status);
    }

    [Fact]
    public async Task TheServersOwnKey_ShownByACaller_IsTheOperatorsTenantNowhere()
    {
        // Whoever has the operator's key at Runpod has the operator's money anyway; what it opens here is a tenant like any other.
        Assert.Equal(200, (await AskAsync(FakeRunpodServer.Key, HttpMethod.Get, "/v1/deployments")).Status);
        Assert.Equal(403, (await AskAsync(FakeRunpodServer.Key, HttpMethod.Get, "/v1/tenants")).Status);
    }

    [Fact]
    public async Task LoginTurnedOff_LetsNobodyInByARunpodKey()
    {
        await _bench.Server.RestartAsync(options => Keys(_bench.Options(options)) with { Runpod = _bench.Options(options).Runpod! with { Login = false } });
        Assert.Equal(401, (await AskAsync(First, HttpMethod.Get, "/v1/deployments")).Status);
        Assert.DoesNotContain(Runpod.Calls, call => call.Account == "guest");
    }

    private static RouseHostOptions Keys(RouseHostOptions options) => options with { ApiKeys = $"alice={Alice}" };

    private async Task<string> DeployAsync(string key, string more = "")
    {
        var (status, body) = await AskAsync(key, HttpMethod.Post, "/v1/deployments", $$"""{"hf_model_id":"{{RunpodBench.Model}}"{{more}},"workers":{"scaler_value":0.5} }""");
        Assert.True(status == 202, body.ToString());
        return body.GetProperty("deployment_id").GetString()!;
    }

    private async Task UntilAsync(string key, string id, string wanted)
    {
        JsonElement seen = default;
        try
        {
            await Eventually.TrueAsync(async () => (seen = (await AskAsync(key, HttpMethod.Get, $"/v1/deployments/{id}")).Body).GetProperty("status").GetString() == wanted);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException(seen.ToString(), late);
        }
    }

    private async Task DeleteAsync(string key, string id)
    {
        Assert.Equal(204, (await AskAsync(key, HttpMethod.Delete, $"/v1/deployments/{id}")).Status);
        await UntilAsync(key, id, "deleted");
    }

    private Task<(int Status, JsonElement Body)> AskAsync(string key, HttpMethod method, string path, string? json = null) =>
        _bench.Server.SendAsync(method, path, json, ("Authorization", $"Bearer {key}"));
}
