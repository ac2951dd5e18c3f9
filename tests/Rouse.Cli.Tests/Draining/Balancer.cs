using System.Net;

namespace Rouse.Cli.Tests.Draining;

/// <summary>
/// Sends each request to the next server that said it is ready, over connections that are kept. Only a connection that was refused is tried
/// elsewhere: then nobody has taken the request. Everything else that goes wrong is the caller's to see.
/// </summary>
internal sealed class Balancer : IAsyncDisposable
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(60) };
    private readonly CancellationTokenSource _end = new();
    private readonly Uri[] _servers;
    private readonly bool[] _ready;
    private readonly Task _looks;
    private int _turn;

    public Balancer(Uri[] servers)
    {
        _servers = servers;
        _ready = [.. servers.Select(_ => true)];
        _looks = LookAsync();
    }

    public async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> make)
    {
        for (var tries = 0; ; tries++)
        {
            var number = Next();
            using var request = make();
            request.RequestUri = new Uri(_servers[number], request.RequestUri!);
            try
            {
                return await _http.SendAsync(request);
            }
            catch (HttpRequestException error) when (error.HttpRequestError == HttpRequestError.ConnectionError && tries < 10)
            {
                Volatile.Write(ref _ready[number], false);
            }
        }
    }

    public async Task ReplaceAsync(int number, Uri server)
    {
        Volatile.Write(ref _servers[number], server);
        await TestKit.Time.Eventually.TrueAsync(() => Volatile.Read(ref _ready[number]));
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _looks;
        _http.Dispose();
        _end.Dispose();
    }

    private int Next()
    {
        for (var i = 0; i < _servers.Length; i++)
        {
            var number = (int)((uint)Interlocked.Increment(ref _turn) % _servers.Length);
            if (Volatile.Read(ref _ready[number])) return number;
        }

        return 0;
    }

    private async Task LookAsync()
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        while (!_end.IsCancellationRequested)
        {
            for (var i = 0; i < _servers.Length; i++) Volatile.Write(ref _ready[i], await IsReadyAsync(http, Volatile.Read(ref _servers[i])));
            await Task.Delay(s_look, TimeProvider.System, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task<bool> IsReadyAsync(HttpClient http, Uri server)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri(server, "/readiness"));
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }
}
