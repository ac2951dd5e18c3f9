using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Rouse.Contracts;
using Rouse.Contracts.Workers;
using Rouse.Worker.Configuration;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Reports;

namespace Rouse.Worker.Weights;

/// <summary>Asks the control plane whether an object store holds a whole copy of the model. Whatever goes wrong here, there is the hub.</summary>
/// <param name="run">This life of the worker.</param>
internal sealed class ObjectCache(HttpClient http, ControlPlane control, string workerId, string run, WorkerLog log, Clock clock)
{
    /// <summary>The control plane may have to wait for the hub and the store before it answers.</summary>
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(45);

    /// <summary>Tries in all: a control plane that has just been restarted is worth a second question, not more.</summary>
    private const int Tries = 3;

    private readonly Uri _url = new(control.ReportsUrl, "cache");
    private readonly ReportSigner _signer = new(control.Secret, clock.Time);
    private readonly Backoff _backoff = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(5), clock.Jitter);
    private int _asked;

    /// <summary>What came of it; null before the end.</summary>
    public WorkerCacheUse? Use { get; private set; }

    /// <returns>Null when it gave no answer that can be used.</returns>
    public async Task<WorkerCacheReply?> AskAsync(CancellationToken ct)
    {
        for (var tries = 1; tries <= Tries; tries++)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(s_timeout);
            try
            {
                using var request = _signer.Sign(_url, $"ask_{run}_{++_asked}", JsonSerializer.SerializeToUtf8Bytes(new WorkerCacheRequest { WorkerId = workerId }, RouseJson.Default.WorkerCacheRequest));
                using var response = await http.SendAsync(request, limit.Token);
                if (response.IsSuccessStatusCode) return await response.Content.ReadFromJsonAsync(RouseJson.Default.WorkerCacheReply, limit.Token);
                var isOurClock = response.StatusCode == HttpStatusCode.Unauthorized && _signer.Correct(response);
                if (!isOurClock && (int)response.StatusCode < 500) return null;
            }
            catch (Exception fault) when (fault is HttpRequestException or JsonException or IOException || (fault is OperationCanceledException && !ct.IsCancellationRequested))
            {
                // Asked again below, and then not any more.
            }

            await Task.Delay(_backoff.After(tries), clock.Time, ct);
        }

        return null;
    }

    public void Miss(string why)
    {
        log.Info($"The model is not in the cache ({why}): it is loaded from the hub.");
        Use = new WorkerCacheUse(Hit: false, 0, 0);
    }

    public void Hit(ObjectSource source)
    {
        log.Info("The model was loaded from the cache.");
        Use = new WorkerCacheUse(Hit: true, source.Requests, source.Bytes);
    }

    /// <summary>The copy is there and does not serve.</summary>
    public void Failed(ObjectSource source, string why)
    {
        log.Warning($"The copy in the cache is NOT used: {why} The model is loaded from the hub.");
        Use = new WorkerCacheUse(Hit: false, source.Requests, source.Bytes, source.IsDamaged);
    }
}
