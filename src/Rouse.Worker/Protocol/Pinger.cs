using Rouse.Worker.Watchdog;

namespace Rouse.Worker.Protocol;

/// <summary>
/// Pings from a thread of its own with blocking calls: a model that keeps every pool thread busy must not make the worker look dead, for the
/// server would give its job to another.
/// </summary>
internal sealed class Pinger(HttpClient http, JobUrls urls, string? key, TimeSpan interval, RunningJobs running, LastContact contact) : IDisposable
{
    /// <summary>For the one ping of a worker that cannot start, tried this often: nothing comes after it that could be missed.</summary>
    public static readonly TimeSpan LastPingTimeout = TimeSpan.FromSeconds(10);

    /// <summary>As often as the SDK.</summary>
    private const int LastPingTries = 3;

    private readonly CancellationTokenSource _ending = new();
    private Thread? _thread;

    public void Start()
    {
        if (!urls.CanPing) return;
        _thread = new Thread(Run) { IsBackground = true, Name = "ping" };
        _thread.Start();
    }

    /// <summary>Tells, once, that this worker cannot serve.</summary>
    public void TellUnhealthy(string check, string reason)
    {
        if (!urls.CanPing) return;
        for (var tries = 1; !Send(urls.Unhealthy(check, reason), LastPingTimeout) && tries < LastPingTries; tries++)
        {
        }
    }

    public void Dispose()
    {
        _ending.Cancel();
        _thread?.Join();
        _ending.Dispose();
    }

    private void Run()
    {
        do Send(urls.Ping(running.Ids), interval * 2);
        while (!_ending.Token.WaitHandle.WaitOne(interval));
    }

    /// <returns>Whether somebody answered.</returns>
    private bool Send(Uri url, TimeSpan patience)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
        limit.CancelAfter(patience);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            if (key is not null) request.Headers.TryAddWithoutValidation("Authorization", key);
            using var response = http.Send(request, limit.Token);
            if ((int)response.StatusCode >= 500) return false;
            contact.Heard();
            return true;
        }
        catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException or IOException)
        {
            // The next ping comes soon; the silence watch judges a long row of these.
            return false;
        }
    }
}
