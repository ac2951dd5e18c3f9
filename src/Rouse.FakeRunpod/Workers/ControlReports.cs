using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Rouse.FakeRunpod.Workers;

/// <summary>
/// Tells a control plane of a start, as a Rouse worker with the same environment would: signed by the Standard Webhooks scheme, which is written here
/// once more and on purpose.
/// </summary>
internal sealed class ControlReports
{
    private readonly string _worker;

    /// <summary>A container that is started again in place keeps its id.</summary>
    private readonly string _run;
    private readonly Uri _url;
    private readonly byte[] _key;
    private readonly HttpClient _http;
    private readonly TimeProvider _time;
    private long _sequence;

    private ControlReports(string worker, Uri url, byte[] key, HttpClient http, TimeProvider time) => (_worker, _run, _url, _key, _http, _time) = (worker, time.GetUtcNow().UtcTicks.ToString("x", CultureInfo.InvariantCulture), url, key, http, time);

    /// <summary>Null where nobody asks for reports.</summary>
    public static ControlReports? From(ContainerLaunch launch, HttpClient http, TimeProvider time)
    {
        var environment = launch.Environment;
        if (!environment.TryGetValue("ROUSE_CONTROL_URL", out var url) || !environment.TryGetValue("ROUSE_DEPLOYMENT_ID", out var deployment))
        {
            return null;
        }

        if (!environment.TryGetValue("ROUSE_ATTEMPT", out var attempt) || !environment.TryGetValue("ROUSE_CALLBACK_SECRET", out var secret)) return null;
        var reports = string.Create(CultureInfo.InvariantCulture, $"{url.TrimEnd('/')}/internal/v1/deployments/{Uri.EscapeDataString(deployment)}/attempts/{attempt}/reports");
        return new ControlReports(launch.Id, new Uri(reports), Convert.FromBase64String(secret["whsec_".Length..]), http, time);
    }

    /// <summary>Whether the control plane still wants this worker.</summary>
    public async Task<bool> TellAsync(string phase, CancellationToken ct, string? code = null, string? message = null, JsonObject? times = null)
    {
        var report = new JsonObject { ["worker_id"] = _worker, ["run"] = _run, ["sequence"] = ++_sequence, ["phase"] = phase };
        if (code is not null) (report["failure_code"], report["failure_message"]) = (code, message);
        if (times is not null) report["phase_times"] = times;
        try
        {
            using var request = Signed(report.ToJsonString());
            using var response = await _http.SendAsync(request, ct);
            return response.StatusCode is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.Conflict or HttpStatusCode.Gone);
        }
        catch (HttpRequestException)
        {
            // A control plane that is away for a moment is no reason to end.
            return true;
        }
    }

    private HttpRequestMessage Signed(string body)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"msg_{_worker}-{_run}_{_sequence}");
        var at = _time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var digest = HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{id}.{at}.{body}"));
        var request = new HttpRequestMessage(HttpMethod.Post, _url) { Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json")) };
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", at);
        request.Headers.Add("webhook-signature", "v1," + Convert.ToBase64String(digest));
        return request;
    }
}
