using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Numerics;
using System.Text;
using System.Text.Json;
using Rouse.Core.Tenancy;
using Rouse.Server.Google;

namespace Rouse.Cli.Settings;

/// <summary>
/// Google's Secret Manager over its REST interface, with the token that the metadata server gives to programs on Google's machines
/// (https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/access).
/// </summary>
internal sealed class SecretManager(CliHost host) : IDisposable
{
    /// <summary>Where it is, for emulators and tests.</summary>
    public const string UrlVariable = "ROUSE_SECRET_MANAGER_URL";

    public const string ProjectVariable = "GCP_PROJECT_ID";

    /// <summary>4: with the pauses between them a start waits some seconds for a service that is just busy, and no longer.</summary>
    private const int Tries = 4;

    private const string TheMetadataServer = "the metadata server";

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

    private MetadataServer? _metadata;
    private string? _project;

    private MetadataServer Metadata => _metadata ??= new MetadataServer(
        _http, host.Variable(MetadataServer.Variable) is { Length: > 0 } set ? Url($"http://{set}") : MetadataServer.DefaultAddress, host.Time);

    /// <exception cref="SecretUnavailableException">Why, in words that hold no secret.</exception>
    public async Task<string> ReadAsync(SecretReference reference, CancellationToken ct)
    {
        var project = reference.Project ?? (_project ??= await ProjectAsync(ct));
        var token = await TryAsync(TheMetadataServer, limit => Metadata.TokenAsync(isNew: false, limit).AsTask(), ct);
        var root = host.Variable(UrlVariable) is { Length: > 0 } set ? set.TrimEnd('/') : "https://secretmanager.googleapis.com";
        var url = Url($"{root}/v1/projects/{project}/secrets/{reference.Name}/versions/{reference.Version}:access");
        using var reply = Json(await TryAsync("Secret Manager", limit => AccessAsync(url, token, limit), ct));
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

    private async Task<string> ProjectAsync(CancellationToken ct)
    {
        if (host.Variable(ProjectVariable) is { Length: > 0 } set) return set;
        var id = await TryAsync(TheMetadataServer, Metadata.ProjectAsync, ct);
        return SecretReference.TryParse($"sm://projects/{id}/secrets/x")?.Project
            ?? throw new SecretUnavailableException($"the metadata server names no project; set {ProjectVariable}.");
    }

    private async Task<string> AccessAsync(Uri url, Secret token, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Reveal(SecretPurpose.ProviderCall));
        using var response = await _http.SendAsync(request, ct);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsStringAsync(ct);
    }

    private static Uri Url(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url) ? url : throw new SecretUnavailableException($"{text} is not a URL.");

    private static JsonDocument Json(string text)
    {
        try
        {
            return JsonDocument.Parse(text);
        }
        catch (JsonException)
        {
            throw new SecretUnavailableException("Secret Manager answered something that is not JSON.");
        }
    }

    private async Task<T> TryAsync<T>(string whom, Func<CancellationToken, Task<T>> call, CancellationToken ct)
    {
        for (var tries = 1; ; tries++)
        {
            string failure;
            using var limit = new CancellationTokenSource(s_timeout, host.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
            try
            {
                return await call(either.Token);
            }
            catch (HttpRequestException error)
            {
                failure = error switch
                {
                    { StatusCode: { } status } => $"{whom} answered {(int)status}{Meaning(status)}",
                    { HttpRequestError: HttpRequestError.InvalidResponse } => $"{whom} gave no answer that can be used{(whom == TheMetadataServer ? "; give the machine a service account" : "")}",
                    _ => $"{whom} cannot be reached ({error.HttpRequestError})",
                };
                var passes = error.StatusCode is null ? error.HttpRequestError != HttpRequestError.InvalidResponse : error.StatusCode is HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError;
                if (!passes) throw new SecretUnavailableException(failure + ".");
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
