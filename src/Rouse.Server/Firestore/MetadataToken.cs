using System.Net.Http.Json;
using System.Text.Json.Serialization;
using Rouse.Core.Tenancy;

namespace Rouse.Server.Firestore;

/// <summary>
/// The access token of this machine's Google service account, from the metadata server that Cloud Run, GCE and GKE have. Kept until shortly before it expires.
/// </summary>
/// <param name="server">The metadata server (<c>GCE_METADATA_HOST</c>).</param>
internal sealed class MetadataToken(HttpMessageInvoker http, Uri server, TimeProvider time)
{
    public static readonly Uri DefaultServer = new("http://metadata.google.internal");

    private const string Path = "/computeMetadata/v1/instance/service-accounts/default/token";

    /// <summary>A token that expires while a call is under way is of no use.</summary>
    private static readonly TimeSpan s_margin = TimeSpan.FromMinutes(1);

    private (Secret Token, DateTimeOffset Until)? _known;

    /// <param name="isNew">The last one was refused.</param>
    /// <exception cref="HttpRequestException">There is no metadata server here, or it has no token.</exception>
    public async ValueTask<Secret> GetAsync(bool isNew, CancellationToken ct)
    {
        if (!isNew && _known is { } known && known.Until > time.GetUtcNow()) return known.Token;
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server, Path));
        request.Headers.Add("Metadata-Flavor", "Google");
        using var response = await http.SendAsync(request, ct);
        response.EnsureSuccessStatusCode();
        var reply = await response.Content.ReadFromJsonAsync(MetadataJson.Default.MetadataReply, ct);
        if (reply?.AccessToken is not { Length: > 0 } text) throw new HttpRequestException("The metadata server answered without a token.");
        var token = new Secret(text);
        _known = (token, time.GetUtcNow() + TimeSpan.FromSeconds(reply.ExpiresIn) - s_margin);
        return token;
    }
}

/// <param name="ExpiresIn">Seconds.</param>
internal sealed record MetadataReply(
    [property: JsonPropertyName("access_token")] string? AccessToken, [property: JsonPropertyName("expires_in")] long ExpiresIn);

[JsonSerializable(typeof(MetadataReply))]
internal sealed partial class MetadataJson : JsonSerializerContext;
