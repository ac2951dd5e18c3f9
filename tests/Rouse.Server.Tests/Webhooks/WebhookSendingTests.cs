using System.Text.Json;
using Rouse.TestKit.Time;
using Rouse.Contracts.Webhooks;

namespace Rouse.Server.Tests.Webhooks;

/// <summary>What arrives at a real receiver, over a real socket.</summary>
public sealed class WebhookSendingTests : IAsyncLifetime
{
    private readonly string _noModel = Directory.CreateTempSubdirectory("rouse-empty-").FullName;
    private WebhookTenants _server = null!;

    public async Task InitializeAsync() => _server = await WebhookTenants.StartAsync();

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_noModel);
    }

    [Fact]
    public async Task EveryTry_IsSigned_UnderOneId_AtItsOwnTime()
    {
        _server.Sink.Answers.Enqueue(500);
        var (id, secret) = await _server.CreateAsync();
        var delivery = await _server.TestAsync(id);
        await _server.UntilAsync(id, delivery, "delivered");

        Assert.Equal(2, _server.Sink.Received.Count);
        Assert.All(_server.Sink.Received, call =>
        {
            Assert.True(WebhookTenants.IsSigned(call, secret));
            Assert.Equal((delivery, "application/json", "rouse"), (call.Headers["webhook-id"], call.ContentType, call.Headers["User-Agent"]));
            Assert.Equal("webhook.test", JsonDocument.Parse(call.Body).RootElement.GetProperty("type").GetString());
        });
        var times = _server.Sink.Received.Select(call => long.Parse(call.Headers["webhook-timestamp"], System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.True(times[1] >= times[0] + 4, "The second try carried the first one's time.");
        var entry = Assert.Single(await _server.DeliveriesAsync(id, "?state=delivered"));
        Assert.Equal((2, 2, 200, false), (
            entry.GetProperty("tries").GetInt32(), entry.GetProperty("total_tries").GetInt32(), entry.GetProperty("last_status").GetInt32(), entry.TryGetProperty("failure", out _)));
    }

    [Fact]
    public async Task Rotation_SignsWithBoth_AndWithoutOverlapWithTheNewOneOnly()
    {
        var (id, first) = await _server.CreateAsync();
        var second = await _server.RotateAsync(id);
        await _server.TestAsync(id);
        await _server.ReceivedAsync(1);
        var third = await _server.RotateAsync(id, "?overlap_seconds=0");
        await _server.TestAsync(id);
        await _server.ReceivedAsync(2);

        var calls = _server.Sink.Received.ToArray();
        Assert.Equal((true, true, false), Signed(calls[0], first, second, third));
        Assert.Equal((false, false, true), Signed(calls[1], first, second, third));
    }

    [Fact]
    public async Task Gone_DisablesTheWebhook_UntilItsOwnerEnablesIt_AndTheDeadLetterIsSentAgain()
    {
        _server.Sink.Answers.Enqueue(410);
        var (id, secret) = await _server.CreateAsync();
        var delivery = await _server.TestAsync(id);
        await _server.UntilAsync(id, delivery, "dead");
        var shown = await _server.GetAsync(id);
        Assert.Equal((false, "gone", 1L), (shown.GetProperty("enabled").GetBoolean(), shown.GetProperty("disabled_reason").GetString(), shown.GetProperty("dead_letters").GetInt64()));
        Assert.Equal("gone", Assert.Single(await _server.DeliveriesAsync(id, "?state=dead")).GetProperty("failure").GetString());

        await _server.SendAsync("PATCH", $"/v1/webhooks/{id}", """{"enabled":true}""");
        Assert.Equal(1, (await _server.SendAsync("POST", $"/v1/webhooks/{id}/resend")).Body.GetProperty("queued").GetInt32());
        await _server.UntilAsync(id, delivery, "delivered");
        Assert.All(_server.Sink.Received, call => Assert.True(call.Headers["webhook-id"] == delivery && WebhookTenants.IsSigned(call, secret)));
    }

    [Fact]
    public async Task RetryAfter_PutsOffTheDelivery_AndTheWholeWebhook()
    {
        _server.Sink.Answers.Enqueue(429);
        _server.Sink.RetryAfter = "120";
        var (id, _) = await _server.CreateAsync();
        var delivery = await _server.TestAsync(id);
        await Eventually.TrueAsync(async () => (await _server.GetAsync(id)).TryGetProperty("paused_until", out _));
        var shown = await _server.GetAsync(id);
        var entry = Assert.Single(await _server.DeliveriesAsync(id));
        var asked = entry.GetProperty("last_try_at").GetDateTimeOffset().AddSeconds(120);
        Assert.InRange(shown.GetProperty("paused_until").GetDateTimeOffset(), asked, asked.AddSeconds(15));
        Assert.InRange(entry.GetProperty("next_try_at").GetDateTimeOffset(), asked, asked.AddSeconds(15));
        Assert.Equal((delivery, "waiting", 429, "refused"), (
            entry.GetProperty("id").GetString(), entry.GetProperty("state").GetString(), entry.GetProperty("last_status").GetInt32(), entry.GetProperty("failure").GetString()));
    }

    [Fact]
    public async Task ARedirect_IsNotFollowed()
    {
        _server.Sink.Answers.Enqueue(307);
        var (id, _) = await _server.CreateAsync();
        await _server.TestAsync(id);
        await Eventually.TrueAsync(async () => (await _server.DeliveriesAsync(id))[0].TryGetProperty("failure", out _));
        Assert.Equal("redirected", (await _server.DeliveriesAsync(id))[0].GetProperty("failure").GetString());
        Assert.All(_server.Sink.Received, call => Assert.Equal("/hook", call.Path));
    }

    [Theory]
    [InlineData("http://10.0.0.1/")]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    [InlineData("http://[::ffff:192.168.0.1]/")]
    [InlineData("http://127.0.0.1:1/")]
    [InlineData("http://no-such-host.invalid/")]
    public async Task WhatIsBlocked_UnknownOrNotThere_LooksTheSame(string url)
    {
        var (id, _) = await _server.CreateAsync(url);
        await _server.TestAsync(id);
        await Eventually.TrueAsync(async () => (await _server.DeliveriesAsync(id))[0].TryGetProperty("failure", out _));
        var entry = (await _server.DeliveriesAsync(id))[0];
        Assert.Equal(("unreachable", false), (entry.GetProperty("failure").GetString(), entry.TryGetProperty("last_status", out _)));
    }

    [Fact]
    public async Task ADeploymentsUrl_IsListedAtOnce_AndSignedWithASecretThatItsOwnerCanGet()
    {
        _server.Sink.Answers.Enqueue(500);
        var (status, made) = await _server.SendAsync("POST", "/v1/deployments", $$"""{"model_path":"{{_noModel}}","user_webhook_url":"{{_server.Sink.Url}}"}""");
        Assert.True(status == 202, made.ToString());
        var webhook = Assert.Single((await _server.SendAsync("GET", "/v1/webhooks")).Body.GetProperty("webhooks").EnumerateArray());
        Assert.Equal((_server.Sink.Url, true), (webhook.GetProperty("url").GetString(), webhook.GetProperty("implicit").GetBoolean()));
        var secret = await _server.RotateAsync(webhook.GetProperty("id").GetString()!);

        await Eventually.TrueAsync(() => _server.Sink.Received.Any(call => WebhookTenants.IsSigned(call, secret)));
        var body = JsonDocument.Parse(_server.Sink.Received.Last().Body).RootElement;
        Assert.Equal(("deployment.failed", "deployment_failed", "failed", made.GetProperty("deployment_id").GetString()), (
            body.GetProperty("type").GetString(), body.GetProperty("event").GetString(), body.GetProperty("status").GetString(), body.GetProperty("deployment_id").GetString()));
        Assert.All(_server.Sink.Received, call => Assert.False(call.Headers.ContainsKey("X-Visgate-Internal-Secret")));
    }

    [Fact]
    public async Task PhasesComeWhenAskedFor_AndTheirSequenceTellsTheirOrder()
    {
        var json = $$"""{"model_path":"{{_noModel}}","user_webhook_url":"{{_server.Sink.Url}}","user_webhook_events":["deployment.*"]}""";
        var id = (await _server.SendAsync("POST", "/v1/deployments", json)).Body.GetProperty("deployment_id").GetString();
        await Eventually.TrueAsync(() => _server.Sink.Received.Any(call => call.Body.Contains("deployment.failed", StringComparison.Ordinal)));
        await _server.SendAsync("DELETE", $"/v1/deployments/{id}");
        await Eventually.TrueAsync(() => _server.Sink.Received.Any(call => call.Body.Contains("deployment.deleted", StringComparison.Ordinal)));
        var told = _server.Sink.Received.Select(call => JsonDocument.Parse(call.Body).RootElement).OrderBy(body => body.GetProperty("sequence").GetInt64())
            .Select(body => body.GetProperty("status").GetString()!).ToList();
        Assert.Equal(told.Distinct(), told);
        Assert.Equal(["failed", "deleting", "deleted"], told[^3..]);
        Assert.True(told.Count > 3, string.Join(' ', told));
    }

    [Theory]
    [InlineData(""","user_webhook_events":["deployment.ready"]""")]
    [InlineData(""","user_webhook_url":"https://a.example","user_webhook_events":["job.completed"]""")]
    [InlineData(""","user_webhook_url":"https://a.example","user_webhook_events":[]""")]
    public async Task WrongEventsOfADeployment_AreRefused(string members)
    {
        var (status, body) = await _server.SendAsync("POST", "/v1/deployments", $$"""{"model_path":"{{_noModel}}"{{members}}}""");
        Assert.Equal((400, true), (status, body.GetProperty("details").TryGetProperty("user_webhook_events", out _)));
    }

    private static (bool First, bool Second, bool Third) Signed(
        (string Path, string ContentType, string Body, IReadOnlyDictionary<string, string> Headers) call, WebhookSecret first, WebhookSecret second, WebhookSecret third) =>
        (WebhookTenants.IsSigned(call, first), WebhookTenants.IsSigned(call, second), WebhookTenants.IsSigned(call, third));
}
