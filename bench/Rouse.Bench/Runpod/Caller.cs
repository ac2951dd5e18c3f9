using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Rouse.Contracts;
using Rouse.Contracts.Deployments;

namespace Rouse.Bench.Runpod;

/// <summary>One tenant of the server.</summary>
internal sealed class Caller(Uri server, string key)
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false })
    {
        BaseAddress = server, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) },
    };

    public async Task<CreateDeploymentReply> DeployAsync(string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await _http.PostAsync("v1/deployments", content);
        var bytes = await response.Content.ReadAsByteArrayAsync();
        if (!response.IsSuccessStatusCode) throw new InvalidOperationException($"POST: {(int)response.StatusCode} {Encoding.UTF8.GetString(bytes)}");
        return JsonSerializer.Deserialize(bytes, RouseJson.Default.CreateDeploymentReply)!;
    }

    public async Task<DeploymentView> GetAsync(string id) =>
        JsonSerializer.Deserialize(await _http.GetByteArrayAsync("v1/deployments/" + id), RouseJson.Default.DeploymentView)!;

    public async Task DeleteAsync(string id)
    {
        using var response = await _http.DeleteAsync("v1/deployments/" + id);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>Asks every second until it is so.</summary>
    public async Task<DeploymentView> UntilAsync(string id, Func<DeploymentView, bool> expected, TimeSpan patience)
    {
        using var bound = new CancellationTokenSource(patience, TimeProvider.System);
        while (true)
        {
            var view = await GetAsync(id);
            if (expected(view)) return view;
            if (bound.IsCancellationRequested) throw new TimeoutException($"{id} is {view.Status} after {patience}: {view.Error ?? view.WaitingFor}");
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        }
    }
}
