using System.Net.Http.Headers;
using System.Text;

namespace Rouse.Worker.Engines.A1111.Calls;

/// <summary>One request of the WebUI's API per method, over connections that are kept; when to ask again is for others to say.</summary>
internal sealed class WebUiClient : IDisposable
{
    /// <summary>For a small question. While a model is being loaded the WebUI's Python answers late.</summary>
    public static readonly TimeSpan LookTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Shorter than the 30 s after which the WebUI closes an idle connection: none is used at the moment of its end.</summary>
    public static readonly TimeSpan IdleConnection = TimeSpan.FromSeconds(20);

    /// <summary>A few dozen of the largest pictures in base64.</summary>
    public const int MaxAnswerBytes = 256 << 20;

    private readonly HttpClient _http;
    private readonly TimeProvider _time;

    public WebUiClient(A1111Settings settings, TimeProvider time)
    {
        (_time, Api) = (time, settings.Api);
        _http = new HttpClient(new SocketsHttpHandler
        {
            // A proxy of the environment is not for this machine, and a job's prompt is not for a proxy.
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionIdleTimeout = IdleConnection,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = MaxAnswerBytes,
        };
        if (settings.Credentials is { } credentials)
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials)));
    }

    /// <summary>Ends with a slash. To be set before the first request.</summary>
    public Uri Api { get; set; }

    /// <summary>Waits for the answer as long as <paramref name="ct"/> allows.</summary>
    public Task<WebUiAnswer> PostAsync(string path, ReadOnlyMemory<byte> json, CancellationToken ct)
    {
        var content = new ReadOnlyMemoryContent(json);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return SendAsync(HttpMethod.Post, path, content, ct);
    }

    /// <summary>A question that is answered at once or not at all.</summary>
    public async Task<WebUiAnswer> LookAsync(HttpMethod method, string path, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(LookTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            return await SendAsync(method, path, content: null, either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new WebUiAnswer.Lost($"no answer in {LookTimeout.TotalSeconds:0} s");
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<WebUiAnswer> SendAsync(HttpMethod method, string path, HttpContent? content, CancellationToken ct)
    {
        try
        {
            using var request = new HttpRequestMessage(method, new Uri(Api, path)) { Content = content };
            using var response = await _http.SendAsync(request, ct);
            return new WebUiAnswer.Answered((int)response.StatusCode, await response.Content.ReadAsByteArrayAsync(ct));
        }
        catch (HttpRequestException fault) when (fault.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError)
        {
            return new WebUiAnswer.NotSent(fault.Message);
        }
        catch (HttpRequestException fault) when (fault.HttpRequestError is HttpRequestError.ConfigurationLimitExceeded)
        {
            return new WebUiAnswer.TooLarge();
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException)
        {
            return new WebUiAnswer.Lost(fault.InnerException?.Message ?? fault.Message);
        }
    }
}
