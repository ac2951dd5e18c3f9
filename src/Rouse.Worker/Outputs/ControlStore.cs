using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Rouse.Contracts;
using Rouse.Contracts.Workers;
using Rouse.Worker.Configuration;
using Rouse.Worker.Reports;

namespace Rouse.Worker.Outputs;

/// <summary>Asks the control plane where to put a thing, so that no key of any store ever reaches a worker.</summary>
/// <param name="run">This life of the worker.</param>
internal sealed class ControlStore(HttpClient http, ControlPlane control, string workerId, string run, TimeProvider time) : OutputStore
{
    /// <summary>The control plane may have to ask its object store before it answers.</summary>
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    private readonly Uri _url = new(control.ReportsUrl, "outputs");
    private readonly ReportSigner _signer = new(control.Secret, time);
    private int _asked;

    public override async Task<StoreWord> AskAsync(MadeThing thing, CancellationToken ct)
    {
        var question = new WorkerOutputRequest { WorkerId = workerId, Sha256 = thing.Sha256, Size = thing.Content.Length, MediaType = thing.MediaType };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(s_timeout);
        try
        {
            var id = $"out_{run}_{Interlocked.Increment(ref _asked)}";
            using var request = _signer.Sign(_url, id, JsonSerializer.SerializeToUtf8Bytes(question, RouseJson.Default.WorkerOutputRequest));
            using var response = await http.SendAsync(request, limit.Token);
            if (response.IsSuccessStatusCode) return Read(await response.Content.ReadFromJsonAsync(RouseJson.Default.WorkerOutputReply, limit.Token));
            var isOurClock = response.StatusCode == HttpStatusCode.Unauthorized && _signer.Correct(response);
            return isOurClock || response.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or (>= HttpStatusCode.InternalServerError and not HttpStatusCode.InsufficientStorage)
                ? new StoreWord.Later($"the control plane answers HTTP {(int)response.StatusCode}")
                : new StoreWord.Refuses($"the control plane answers HTTP {(int)response.StatusCode}");
        }
        catch (Exception fault) when (fault is HttpRequestException or JsonException or IOException || (fault is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return new StoreWord.Later("the control plane does not answer");
        }
    }

    private StoreWord Read(WorkerOutputReply? reply) => reply switch
    {
        { Stored: true, Url: { } url } => new StoreWord.Has(url, reply.ExpiresAt),
        { Stored: false, PutUrl: { } put } when Uri.TryCreate(_url, put, out var at) && (at.Scheme == Uri.UriSchemeHttp || at.Scheme == Uri.UriSchemeHttps) => new StoreWord.Wants(at, Then: null),
        _ => new StoreWord.Refuses("the control plane answers what cannot be understood"),
    };
}
