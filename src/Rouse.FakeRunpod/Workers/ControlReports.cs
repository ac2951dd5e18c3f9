using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Rouse.FakeRunpod.Workers;

/// <summary>Tells a control plane of a start, as a Rouse worker with the same environment would.</summary>
internal sealed class ControlReports
{
    private readonly string _worker;
    private readonly Uri _url;
    private readonly string _token;
    private readonly HttpClient _http;
    private long _sequence;

    private ControlReports(string worker, Uri url, string token, HttpClient http) => (_worker, _url, _token, _http) = (worker, url, token, http);

    /// <summary>Null where nobody asks for reports.</summary>
    public static ControlReports? From(ContainerLaunch launch, HttpClient http)
    {
        var environment = launch.Environment;
        if (!environment.TryGetValue("ROUSE_CONTROL_URL", out var url) || !environment.TryGetValue("ROUSE_DEPLOYMENT_ID", out var deployment))
        {
            return null;
        }

        if (!environment.TryGetValue("ROUSE_ATTEMPT", out var attempt) || !environment.TryGetValue("ROUSE_ATTEMPT_TOKEN", out var token)) return null;
        var reports = string.Create(CultureInfo.InvariantCulture, $"{url.TrimEnd('/')}/internal/v1/deployments/{Uri.EscapeDataString(deployment)}/attempts/{attempt}/reports");
        return new ControlReports(launch.Id, new Uri(reports), token, http);
    }

    /// <summary>Whether the control plane still wants this worker.</summary>
    public async Task<bool> TellAsync(string phase, CancellationToken ct, string? code = null, string? message = null)
    {
        var report = new JsonObject { ["worker_id"] = _worker, ["sequence"] = ++_sequence, ["phase"] = phase };
        if (code is not null) (report["failure_code"], report["failure_message"]) = (code, message);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, _url) { Content = JsonContent.Create(report) };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
            using var response = await _http.SendAsync(request, ct);
            return response.StatusCode is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.Conflict or HttpStatusCode.Gone);
        }
        catch (HttpRequestException)
        {
            // A control plane that is away for a moment is no reason to end.
            return true;
        }
    }
}
