using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using Rouse.Core.Tenancy;

namespace Rouse.Server.Google;

/// <summary>
/// The metadata server that Cloud Run, GCE and GKE have: this machine's project, and the access token of its service account, which is kept until shortly before it expires.
/// </summary>
/// <param name="http">Bounds what is read. Not by way of a proxy: the server is on this machine's own link.</param>
/// <param name="address">Where it is (<c>GCE_METADATA_HOST</c>).</param>
public sealed class MetadataServer(HttpMessageInvoker http, Uri address, TimeProvider time)
{
    /// <summary>Google's own name for another one.</summary>
    public const string Variable = "GCE_METADATA_HOST";

    public static readonly Uri DefaultAddress = new("http://metadata.google.internal");

    /// <summary>A token that expires while a call is under way is of no use.</summary>
    private static readonly TimeSpan s_margin = TimeSpan.FromMinutes(1);

    private (Secret Token, DateTimeOffset Until)? _known;

    /// <exception cref="HttpRequestException">There is no metadata server here, or it names no project.</exception>
    public async Task<string> ProjectAsync(CancellationToken ct)
    {
        using var response = await GetAsync("project/project-id", ct);
        return (await response.Content.ReadAsStringAsync(ct)).Trim();
    }

    /// <param name="isNew">The last one was refused.</param>
    /// <exception cref="HttpRequestException">There is no metadata server here, or it has no token.</exception>
    public async ValueTask<Secret> TokenAsync(bool isNew, CancellationToken ct)
    {
        if (!isNew && _known is { } known && known.Until > time.GetUtcNow()) return known.Token;
        using var response = await GetAsync("instance/service-accounts/default/token", ct);
        try
        {
            var reply = await response.Content.ReadFromJsonAsync(MetadataJson.Default.MetadataReply, ct);
            if (reply?.AccessToken is not { Length: > 0 } text) throw NoToken();
            var token = new Secret(text);
            _known = (token, time.GetUtcNow() + TimeSpan.FromSeconds(reply.ExpiresIn) - s_margin);
            return token;
        }
        catch (JsonException)
        {
            // Without the cause: it may quote what came.
            throw NoToken();
        }
    }

    private static HttpRequestException NoToken() => new(HttpRequestError.InvalidResponse, "The metadata server answered without a token. Give the machine a service account.");

    private async Task<HttpResponseMessage> GetAsync(string path, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address, "/computeMetadata/v1/" + path));
        request.Headers.Add("Metadata-Flavor", "Google");
        var response = await http.SendAsync(request, ct);
        if (response.IsSuccessStatusCode) return response;
        using (response) throw new HttpRequestException($"The metadata server answered {(int)response.StatusCode}.", inner: null, response.StatusCode);
    }
}

/// <param name="ExpiresIn">Seconds.</param>
internal sealed record MetadataReply(
    [property: JsonPropertyName("access_token")] string? AccessToken, [property: JsonPropertyName("expires_in")] long ExpiresIn);

[JsonSerializable(typeof(MetadataReply))]
internal sealed partial class MetadataJson : JsonSerializerContext;
