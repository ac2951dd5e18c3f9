using System.Text;
using System.Text.Json;
using Rouse.TestKit.Time;
using Rouse.Contracts.Webhooks;
using Rouse.Server.Tests.Host;
using Rouse.Server.Tests.JobPlane;

namespace Rouse.Server.Tests.Webhooks;

/// <summary>A whole server with two tenants and a receiver on this machine.</summary>
internal sealed class WebhookTenants : IAsyncDisposable
{
    private const string Key = "the-key-of-acme-0001";
    private const string OtherKey = "the-key-of-umbrella1";

    private WebhookTenants(TestServer server, WebhookSink sink) => (Server, Sink) = (server, sink);

    public TestServer Server { get; }

    public WebhookSink Sink { get; }

    public static async Task<WebhookTenants> StartAsync() => new(
        await TestServer.StartAsync(options => options with { ApiKeys = $"acme={Key},umbrella={OtherKey}", EgressAllow = "127.0.0.1", AllowFolders = true }), await WebhookSink.StartAsync());

    public Task<(int Status, JsonElement Body)> SendAsync(string method, string path, string? json = null, bool asOther = false) =>
        Server.SendAsync(new HttpMethod(method), path, json, ("Authorization", "Bearer " + (asOther ? OtherKey : Key)));

    /// <summary>Creates an endpoint; answers its id and its secret.</summary>
    public async Task<(string Id, WebhookSecret Secret)> CreateAsync(string? url = null, string members = "")
    {
        var (status, body) = await SendAsync("POST", "/v1/webhooks", $$"""{"url":"{{url ?? Sink.Url}}"{{members}}}""");
        Assert.True(status == 201, body.ToString());
        return (body.GetProperty("webhook").GetProperty("id").GetString()!, SecretOf(body));
    }

    public async Task<WebhookSecret> RotateAsync(string id, string query = "")
    {
        var (status, body) = await SendAsync("POST", $"/v1/webhooks/{id}/rotate{query}");
        Assert.True(status == 200, body.ToString());
        return SecretOf(body);
    }

    public async Task<string> TestAsync(string id)
    {
        var (status, body) = await SendAsync("POST", $"/v1/webhooks/{id}/test");
        Assert.Equal((202, 1), (status, body.GetProperty("queued").GetInt32()));
        return body.GetProperty("delivery_id").GetString()!;
    }

    public async Task<JsonElement> GetAsync(string id) => (await SendAsync("GET", $"/v1/webhooks/{id}")).Body;

    public async Task<List<JsonElement>> DeliveriesAsync(string id, string query = "") =>
        [.. (await SendAsync("GET", $"/v1/webhooks/{id}/deliveries{query}")).Body.GetProperty("deliveries").EnumerateArray()];

    public Task UntilAsync(string id, string delivery, string state) => Eventually.TrueAsync(async () =>
        (await DeliveriesAsync(id)).Exists(entry => entry.GetProperty("id").GetString() == delivery && entry.GetProperty("state").GetString() == state));

    public Task ReceivedAsync(int count) => Eventually.TrueAsync(() => Sink.Received.Count >= count);

    /// <summary>Whether what came carries a signature by this secret.</summary>
    public static bool IsSigned((string Path, string ContentType, string Body, IReadOnlyDictionary<string, string> Headers) call, WebhookSecret secret) => WebhookSignature.Verify(
        secret, call.Headers["webhook-id"], call.Headers["webhook-timestamp"], call.Headers["webhook-signature"], Encoding.UTF8.GetBytes(call.Body), TimeProvider.System.GetUtcNow());

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Sink.DisposeAsync();
    }

    private static WebhookSecret SecretOf(JsonElement body)
    {
        Assert.True(WebhookSecret.TryParse(body.GetProperty("secret").GetString(), out var secret));
        return secret!;
    }
}
