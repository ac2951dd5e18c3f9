using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using Rouse.Contracts;
using Rouse.Contracts.Webhooks;
using Rouse.Contracts.Workers;

namespace Rouse.Server.Tests.Outputs;

/// <summary>A worker that has made something, by nothing but HTTP and the secret of its attempt.</summary>
internal sealed class Maker(HttpClient http, string deployment, string attempt, WebhookSecret secret)
{
    private int _asked;

    private string Path => $"/internal/v1/deployments/{deployment}/attempts/{attempt}/outputs";

    public static string DigestOf(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    public async Task<(int Status, WorkerOutputReply? Reply)> AskAsync(byte[] bytes, string mediaType = "image/png", long? size = null)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new WorkerOutputRequest { WorkerId = "w1", Sha256 = DigestOf(bytes), Size = size ?? bytes.Length, MediaType = mediaType }, RouseJson.Default.WorkerOutputRequest);
        var (id, at) = (string.Create(CultureInfo.InvariantCulture, $"out_{++_asked}"), TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add(WebhookSignature.IdHeader, id);
        request.Headers.Add(WebhookSignature.TimestampHeader, at.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add(WebhookSignature.SignatureHeader, WebhookSignature.Sign(secret, id, at, body));
        using var response = await http.SendAsync(request);
        return ((int)response.StatusCode, response.IsSuccessStatusCode ? JsonSerializer.Deserialize(await response.Content.ReadAsByteArrayAsync(), RouseJson.Default.WorkerOutputReply) : null);
    }

    public async Task<int> SendAsync(string put, byte[] bytes)
    {
        using var response = await http.PutAsync(new Uri(new Uri(http.BaseAddress!, Path), put), new ByteArrayContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("image/png") } });
        return (int)response.StatusCode;
    }

    /// <returns>Where it can be read.</returns>
    public async Task<string> PutAsync(byte[] bytes, string mediaType = "image/png")
    {
        var (_, told) = await AskAsync(bytes, mediaType);
        if (!told!.Stored) Assert.InRange(await SendAsync(told.PutUrl!, bytes), 200, 204);
        var (status, stored) = await AskAsync(bytes, mediaType);
        Assert.True(status == 200 && stored!.Stored, $"{status}");
        return stored.Url!;
    }
}
