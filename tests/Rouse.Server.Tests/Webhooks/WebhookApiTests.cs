using System.Text.Json;

namespace Rouse.Server.Tests.Webhooks;

public sealed class WebhookApiTests : IAsyncLifetime
{
    private WebhookTenants _server = null!;

    public async Task InitializeAsync() => _server = await WebhookTenants.StartAsync();

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    [Fact]
    public async Task ASecret_IsShownOnce_AndLiesSealed()
    {
        var (status, made) = await _server.SendAsync("POST", "/v1/webhooks", """{"url":"https://a.example/hook?x=1#top","events":["job.*","deployment.ready"],"description":"mine"}""");
        var secret = made.GetProperty("secret").GetString()!;
        var webhook = made.GetProperty("webhook");
        var id = webhook.GetProperty("id").GetString()!;
        Assert.Equal((201, "https://a.example/hook?x=1", "mine", true, false, 1), (
            status, webhook.GetProperty("url").GetString(), webhook.GetProperty("description").GetString(), webhook.GetProperty("enabled").GetBoolean(),
            webhook.GetProperty("implicit").GetBoolean(), webhook.GetProperty("secret_version").GetInt32()));
        Assert.Equal(["job.*", "deployment.ready"], webhook.GetProperty("events").EnumerateArray().Select(e => e.GetString()!));

        Assert.DoesNotContain(secret["whsec_".Length..], (await _server.SendAsync("GET", "/v1/webhooks")).Body.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(secret["whsec_".Length..], (await _server.GetAsync(id)).ToString(), StringComparison.Ordinal);
        var files = Directory.GetFiles(_server.Server.Folder, "rouse.db*", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        Assert.All(files, file =>
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(stream, System.Text.Encoding.Latin1);
            Assert.DoesNotContain(secret["whsec_".Length..], reader.ReadToEnd(), StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("""{}""", "INVALID_JSON")]
    [InlineData("""{"url":null}""", "INVALID_JSON")]
    [InlineData("""{"url":"https://a.example","secret":"x"}""", "INVALID_JSON")]
    [InlineData("""{"url":""}""", "INVALID_WEBHOOK_REQUEST")]
    [InlineData("""{"url":"/hook"}""", "INVALID_WEBHOOK_REQUEST")]
    [InlineData("""{"url":"ftp://a.example"}""", "INVALID_WEBHOOK_REQUEST")]
    [InlineData("""{"url":"https://u:p@a.example"}""", "INVALID_WEBHOOK_REQUEST")]
    [InlineData("""{"url":"https://a.example","events":[]}""", "INVALID_WEBHOOK_REQUEST")]
    [InlineData("""{"url":"https://a.example","events":["deployment"]}""", "INVALID_WEBHOOK_REQUEST")]
    [InlineData("""{"url":"https://a.example","events":[null]}""", "INVALID_WEBHOOK_REQUEST")]
    [InlineData("""{"url":"https://a.example","description":"a\u0000b"}""", "INVALID_WEBHOOK_REQUEST")]
    [InlineData("""{"url":"https://a.example","description":"\ud800"}""", "INVALID_WEBHOOK_REQUEST")]
    public async Task WhatIsNotValid_IsRefused_AndNothingIsMade(string json, string code)
    {
        var (status, body) = await _server.SendAsync("POST", "/v1/webhooks", json);
        Assert.Equal(400, status);
        Assert.StartsWith("INVALID_", body.GetProperty("code").GetString(), StringComparison.Ordinal);
        if (!json.Contains("\\ud800", StringComparison.Ordinal)) Assert.Equal(code, body.GetProperty("code").GetString());
        Assert.Equal(0, (await _server.SendAsync("GET", "/v1/webhooks")).Body.GetProperty("webhooks").GetArrayLength());
    }

    [Fact]
    public async Task OneUrl_IsOneWebhook_HoweverItIsSpelled()
    {
        await _server.CreateAsync("https://a.example");
        var (id, _) = await _server.CreateAsync("https://b.example/");
        foreach (var url in new[] { "https://a.example/", "HTTPS://A.EXAMPLE:443/#x" })
        {
            Assert.Equal((409, "WEBHOOK_EXISTS"), Code(await _server.SendAsync("POST", "/v1/webhooks", $$"""{"url":"{{url}}"}""")));
            Assert.Equal((409, "WEBHOOK_EXISTS"), Code(await _server.SendAsync("PATCH", $"/v1/webhooks/{id}", $$"""{"url":"{{url}}"}""")));
        }
    }

    [Fact]
    public async Task Patch_ChangesWhatItNames_AndDeleteTakesAll()
    {
        var (id, _) = await _server.CreateAsync("https://a.example/", ""","description":"first" """);
        var (status, changed) = await _server.SendAsync("PATCH", $"/v1/webhooks/{id}", """{"events":["*"],"enabled":false}""");
        Assert.Equal((200, "*", "first", false, "owner"), (
            status, changed.GetProperty("events")[0].GetString(), changed.GetProperty("description").GetString(), changed.GetProperty("enabled").GetBoolean(),
            changed.GetProperty("disabled_reason").GetString()));
        Assert.Equal((409, "WEBHOOK_DISABLED"), Code(await _server.SendAsync("POST", $"/v1/webhooks/{id}/test")));
        Assert.Equal((409, "WEBHOOK_DISABLED"), Code(await _server.SendAsync("POST", $"/v1/webhooks/{id}/resend")));

        Assert.Equal(204, (await _server.SendAsync("DELETE", $"/v1/webhooks/{id}")).Status);
        Assert.Equal((404, "WEBHOOK_NOT_FOUND"), Code(await _server.SendAsync("DELETE", $"/v1/webhooks/{id}")));
        Assert.Equal((404, "WEBHOOK_NOT_FOUND"), Code(await _server.SendAsync("GET", $"/v1/webhooks/{id}")));
    }

    [Fact]
    public async Task AnotherTenant_MeetsNothingBut404()
    {
        var (id, _) = await _server.CreateAsync();
        var delivery = await _server.TestAsync(id);
        await _server.UntilAsync(id, delivery, "delivered");
        (string Method, string Path, string? Body)[] calls =
        [
            ("GET", "", null), ("PATCH", "", """{"enabled":false}"""), ("DELETE", "", null), ("POST", "/rotate", null), ("POST", "/test", null), ("POST", "/resend", null),
            ("GET", "/deliveries", null), ("POST", $"/deliveries/{delivery}/resend", null),
        ];
        foreach (var (method, path, body) in calls)
        {
            Assert.Equal((404, "WEBHOOK_NOT_FOUND"), Code(await _server.SendAsync(method, $"/v1/webhooks/{id}{path}", body, asOther: true)));
            Assert.Equal((404, "WEBHOOK_NOT_FOUND"), Code(await _server.SendAsync(method, $"/v1/webhooks/nonsense{path}", body)));
        }

        Assert.Equal((404, "DELIVERY_NOT_FOUND"), Code(await _server.SendAsync("POST", $"/v1/webhooks/{id}/deliveries/other/resend")));
        Assert.Equal(0, (await _server.SendAsync("GET", "/v1/webhooks", asOther: true)).Body.GetProperty("webhooks").GetArrayLength());
        var shown = await _server.GetAsync(id);
        Assert.Equal((true, 1), (shown.GetProperty("enabled").GetBoolean(), shown.GetProperty("secret_version").GetInt32()));
        Assert.Single(_server.Sink.Received);
        // The URL is not taken for anybody else.
        Assert.Equal(201, (await _server.SendAsync("POST", "/v1/webhooks", $$"""{"url":"{{_server.Sink.Url}}"}""", asOther: true)).Status);
    }

    [Theory]
    [InlineData("?limit=0")]
    [InlineData("?limit=101")]
    [InlineData("?limit=x")]
    [InlineData("?cursor=x")]
    [InlineData("?cursor=99999999999999999999.whk_00000000000000000000000000")]
    [InlineData("/{id}/deliveries?state=lost")]
    [InlineData("/{id}/deliveries?limit=-1")]
    [InlineData("/{id}/deliveries?cursor=1")]
    [InlineData("/{id}/rotate?overlap_seconds=-1")]
    [InlineData("/{id}/rotate?overlap_seconds=604801")]
    public async Task AWrongParameter_IsRefused(string path)
    {
        var (id, _) = await _server.CreateAsync();
        var method = path.Contains("rotate", StringComparison.Ordinal) ? "POST" : "GET";
        Assert.Equal((400, "INVALID_PARAMETER"), Code(await _server.SendAsync(method, "/v1/webhooks" + path.Replace("{id}", id, StringComparison.Ordinal))));
    }

    [Fact]
    public async Task Pages_ShowEveryWebhookOnce()
    {
        HashSet<string> made = [];
        for (var i = 0; i < 5; i++) made.Add((await _server.CreateAsync($"https://{i}.example/")).Id);
        List<string> seen = [];
        for (var cursor = ""; ;)
        {
            var page = (await _server.SendAsync("GET", "/v1/webhooks?limit=2" + cursor)).Body;
            seen.AddRange(page.GetProperty("webhooks").EnumerateArray().Select(webhook => webhook.GetProperty("id").GetString()!));
            if (!page.TryGetProperty("next_cursor", out var next)) break;
            cursor = "&cursor=" + next.GetString();
        }

        Assert.Equal(made.Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));
    }

    private static (int Status, string? Code) Code((int Status, JsonElement Body) answer) => (answer.Status, answer.Body.GetProperty("code").GetString());
}
