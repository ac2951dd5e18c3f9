using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;

namespace Rouse.Providers.Runpod;

/// <summary>
/// Runpod over HTTP: REST v2, the data plane, and GraphQL for the balance alone. Each method is one request, never repeated here: whoever asked
/// looks before acting again. Faults are <see cref="ProviderException"/>. The key goes into a header, never into an address.
/// </summary>
public sealed partial class RunpodClient : IDisposable
{
    private readonly RunpodOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _http;
    private readonly PerAccount<RunpodPace> _pace;

    /// <param name="handler">In place of the client's own sockets; disposed with the client.</param>
    public RunpodClient(RunpodOptions options, TimeProvider time, HttpMessageHandler? handler = null)
    {
        (_options, _time) = (options, time);
        _http = new HttpMessageInvoker(handler ?? Sockets(), disposeHandler: true);
        _pace = new PerAccount<RunpodPace>(options.Accounts, _ => new RunpodPace(options, time));
    }

    private enum Kind
    {
        /// <summary>Counted, and sent even when that is one too many.</summary>
        Read,

        /// <summary>Counted already, by <see cref="RunpodPace.TryRead"/>.</summary>
        CountedRead,
        Write,

        /// <summary>The data plane has limits of its own.</summary>
        Job,
    }

    public void Dispose() => _http.Dispose();

    internal RunpodPace Pace(Secret key) => _pace[key];

    /// <summary>The key of an access, or the fault of having none.</summary>
    internal static Secret Key(ProviderAccess access) => access.Key ?? throw new ProviderException(
        ProviderFault.Unauthorized, "Runpod needs an API key. Send it with the request, or give the server one.");

    private static SocketsHttpHandler Sockets() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.All,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        // A name that moves to another address is followed within this time.
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        MaxConnectionsPerServer = 64,
    };

    private async Task<Answer> SendAsync(Call call, Secret key, CancellationToken ct)
    {
        var pace = Pace(key);
        if (call.Kind == Kind.Read) pace.Read();
        if (call.Kind == Kind.Write) pace.Write();
        using var request = new HttpRequestMessage(call.Method, call.Address(_options));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Credential(key));
        if (call.Body is { } body)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        using var timer = new CancellationTokenSource(_options.RequestTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, timer.Token);
        try
        {
            using var response = await _http.SendAsync(request, either.Token);
            var retryAfter = call.Kind == Kind.Job ? response.Headers.RetryAfter?.Delta : pace.Note(response);
            var bytes = await ReadAsync(response.Content, either.Token);
            if (response.IsSuccessStatusCode) return new Answer(response.StatusCode, bytes, call.Doing);
            var text = Encoding.UTF8.GetString(bytes);
            if (call.Accepts(response.StatusCode, text)) return new Answer(response.StatusCode, bytes, call.Doing);
            throw RunpodFaults.From(response.StatusCode, text, retryAfter, call.Doing, [Credential(key), .. call.Secrets]);
        }
        catch (OperationCanceledException late) when (!ct.IsCancellationRequested)
        {
            throw RunpodFaults.Unknown(call.Doing, FormattableString.Invariant($"no answer within {_options.RequestTimeout.TotalSeconds:0.#} s"), late);
        }
        catch (HttpRequestException broken)
        {
            throw RunpodFaults.Unknown(call.Doing, $"the connection failed ({broken.HttpRequestError})", broken);
        }
        catch (IOException broken)
        {
            throw RunpodFaults.Unknown(call.Doing, "the connection broke while its answer was read", broken);
        }
    }

    private async Task<byte[]> ReadAsync(HttpContent content, CancellationToken ct)
    {
        await using var stream = await content.ReadAsStreamAsync(ct);
        using var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (await stream.ReadAsync(buffer, ct) is > 0 and var count)
        {
            if (body.Length + count > _options.MaxReplyBytes) throw new IOException($"The answer is longer than {_options.MaxReplyBytes} bytes.");
            body.Write(buffer, 0, count);
        }

        return body.ToArray();
    }

    /// <summary>What cannot stand in a header is no key, and must not be quoted by whoever finds that out.</summary>
    private static string Credential(Secret key)
    {
        var text = key.Reveal(SecretPurpose.ProviderCall);
        return text.All(character => character is > ' ' and <= '~')
            ? text
            : throw new ProviderException(
                ProviderFault.Unauthorized, "The Runpod API key holds characters that no key has. Copy it anew from Runpod's settings.");
    }

    /// <summary>An id as one segment of a path. Ids are Runpod's words, so what could lead elsewhere is none.</summary>
    private static string Segment(string id) =>
        id.Length is > 0 and <= 128 && id.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_')
        ? id
        : throw new ProviderException(ProviderFault.Rejected, "This is not an id that Runpod gives. Nothing was asked of it.");

    private static byte[] Json<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.SerializeToUtf8Bytes(value, type);

    /// <param name="Doing">Completes "Runpod refused to …".</param>
    private sealed record Call(HttpMethod Method, string Path, Kind Kind, string Doing, byte[]? Body = null)
    {
        /// <summary>Values of the body that an answer may quote and no message may show.</summary>
        public IEnumerable<string> Secrets { get; init; } = [];

        /// <summary>Which refusals, by status and text, are an answer and no fault.</summary>
        public Func<HttpStatusCode, string, bool> Accepts { get; init; } = static (_, _) => false;

        public Call AcceptingAbsence() => this with { Accepts = static (status, _) => status == HttpStatusCode.NotFound };

        public Uri Address(RunpodOptions options)
        {
            var root = Kind == Kind.Job ? options.JobBaseAddress : options.BaseAddress;
            return new Uri(root.ToString().TrimEnd('/') + Path);
        }
    }

    private sealed record Answer(HttpStatusCode Status, byte[] Body, string Doing)
    {
        public bool IsAbsent => Status == HttpStatusCode.NotFound;

        /// <exception cref="ProviderException">Unknown: it was done perhaps, and what came back cannot be read.</exception>
        public T Parse<T>(JsonTypeInfo<T> type)
            where T : class
        {
            try
            {
                return JsonSerializer.Deserialize(Body, type) ?? throw RunpodFaults.Unknown(Doing, "the answer was empty");
            }
            catch (JsonException unreadable)
            {
                throw RunpodFaults.Unknown(Doing, "the answer could not be read", unreadable);
            }
        }
    }
}
