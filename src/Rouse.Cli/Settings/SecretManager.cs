using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Numerics;
using System.Text;
using System.Text.Json;

namespace Rouse.Cli.Settings;

/// <summary>
/// Google's Secret Manager over its REST interface, with the token that the metadata server gives to programs on Google's machines
/// (https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/access).
/// </summary>
internal sealed class SecretManager(CliHost host) : IDisposable
{
    /// <summary>Where it is, for emulators and tests.</summary>
    public const string UrlVariable = "ROUSE_SECRET_MANAGER_URL";

    /// <summary>Google's own name for another metadata server.</summary>
    public const string MetadataVariable = "GCE_METADATA_HOST";
    public const string ProjectVariable = "GCP_PROJECT_ID";

    /// <summary>4: with the pauses between them a start waits some seconds for a service that is just busy, and no longer.</summary>
    private const int Tries = 4;

    /// <summary>One request. On Google's machines both answer within milliseconds.</summary>
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(5);

    /// <summary>Before the second try; doubled before each further one.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(250);

    /// <summary>A secret may have 64 KiB, which base64 makes 87.</summary>
    private const int MaxReply = 128 * 1024;

    // The metadata server is on this machine's own link: a proxy would be somebody else.
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false, ConnectTimeout = s_timeout })
    {
        Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = MaxReply,
    };

    private AuthenticationHeaderValue? _token;
    private string? _project;

    /// <exception cref="SecretUnavailableException">Why, in words that hold no secret.</exception>
    public async Task<string> ReadAsync(SecretReference reference, CancellationToken ct)
    {
        var project = reference.Project ?? (_project ??= await ProjectAsync(ct));
        _token ??= await TokenAsync(ct);
        var root = host.Variable(UrlVariable) is { Length: > 0 } set ? set.TrimEnd('/') : "https://secretmanager.googleapis.com";
        using var reply = await GetAsync(
            "Secret Manager", () => Request($"{root}/v1/projects/{project}/secrets/{reference.Name}/versions/{reference.Version}:access", request => request.Headers.Authorization = _token), ct);
        return Payload(reply.RootElement);
    }

    public void Dispose() => _http.Dispose();

    private static string Payload(JsonElement reply)
    {
        if (!reply.TryGetProperty("payload", out var payload) || !payload.TryGetProperty("data", out var data) || !data.TryGetBytesFromBase64(out var bytes))
        {
            throw new SecretUnavailableException("Secret Manager answered without a secret.");
        }

        if (payload.TryGetProperty("dataCrc32c", out var sum) && sum.GetString() != Crc32C(bytes).ToString(CultureInfo.InvariantCulture))
        {
            throw new SecretUnavailableException("what came is not what Secret Manager sent (its checksum differs).");
        }

        try
        {
            return new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new SecretUnavailableException("it is not text.");
        }
    }

    private async Task<AuthenticationHeaderValue> TokenAsync(CancellationToken ct)
    {
        using var reply = await GetAsync("the metadata server", () => Metadata("instance/service-accounts/default/token"), ct);
        return reply.RootElement.TryGetProperty("access_token", out var token) && token.GetString() is { Length: > 0 } text
            ? new AuthenticationHeaderValue("Bearer", text)
            : throw new SecretUnavailableException("the metadata server answered without a token; give the machine a service account.");
    }

    private async Task<string> ProjectAsync(CancellationToken ct)
    {
        if (host.Variable(ProjectVariable) is { Length: > 0 } set) return set;
        var id = await SendAsync("the metadata server", () => Metadata("project/project-id"), ct);
        return SecretReference.TryParse($"sm://projects/{id.Trim()}/secrets/x")?.Project
            ?? throw new SecretUnavailableException($"the metadata server names no project; set {ProjectVariable}.");
    }

    private HttpRequestMessage Metadata(string path) => Request(
        $"http://{(host.Variable(MetadataVariable) is { Length: > 0 } set ? set : "metadata.google.internal")}/computeMetadata/v1/{path}",
        request => request.Headers.Add("Metadata-Flavor", "Google"));

    private static HttpRequestMessage Request(string url, Action<HttpRequestMessage> prepare)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, Uri.TryCreate(url, UriKind.Absolute, out var uri) ? uri : throw new SecretUnavailableException($"{url} is not a URL."));
        prepare(request);
        return request;
    }

    private async Task<JsonDocument> GetAsync(string whom, Func<HttpRequestMessage> make, CancellationToken ct)
    {
        try
        {
            return JsonDocument.Parse(await SendAsync(whom, make, ct));
        }
        catch (JsonException)
        {
            throw new SecretUnavailableException($"{whom} answered something that is not JSON.");
        }
    }

    private async Task<string> SendAsync(string whom, Func<HttpRequestMessage> make, CancellationToken ct)
    {
        for (var tries = 1; ; tries++)
        {
            string failure;
            using var limit = new CancellationTokenSource(s_timeout, host.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
            try
            {
                using var request = make();
                using var response = await _http.SendAsync(request, either.Token);
                if (response.IsSuccessStatusCode) return await response.Content.ReadAsStringAsync(either.Token);
                failure = $"{whom} answered {(int)response.StatusCode}{Meaning(response.StatusCode)}";
                if (response.StatusCode is not (HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError)) throw new SecretUnavailableException(failure + ".");
            }
            catch (HttpRequestException error)
            {
                failure = $"{whom} cannot be reached ({error.HttpRequestError})";
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                failure = FormattableString.Invariant($"{whom} did not answer within {s_timeout.TotalSeconds:0} s");
            }

            if (tries == Tries) throw new SecretUnavailableException($"{failure}, {Tries} times.");
            await Task.Delay(s_pause * Math.Pow(2, tries - 1), host.Time, ct);
        }
    }

    private static string Meaning(HttpStatusCode status) => status switch
    {
        HttpStatusCode.Unauthorized => ": it does not accept the machine's token",
        HttpStatusCode.Forbidden => ": the service account may not read it (it needs roles/secretmanager.secretAccessor)",
        HttpStatusCode.NotFound => ": there is no such secret or version",
        _ => "",
    };

    private static uint Crc32C(byte[] bytes) => ~bytes.Aggregate(uint.MaxValue, BitOperations.Crc32C);
}

/// <summary>A secret cannot be read; the message says why and holds nothing of it.</summary>
internal sealed class SecretUnavailableException(string message) : Exception(message);
