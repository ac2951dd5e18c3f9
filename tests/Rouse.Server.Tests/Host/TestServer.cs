using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Rouse.Contracts;
using Rouse.Contracts.Deployments;

namespace Rouse.Server.Tests.Host;

/// <summary>A whole server on a free port with a folder of its own, and a client for it.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rouse-test-").FullName;

    private HttpMessageHandler? _way;

    private TestServer()
    {
    }

    public RouseHost Host { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    public string Folder => _folder;

    /// <param name="way">Between the client and the server's socket.</param>
    public static async Task<TestServer> StartAsync(Func<RouseHostOptions, RouseHostOptions>? change = null, HttpMessageHandler? way = null)
    {
        var server = new TestServer { _way = way };
        await server.BeginAsync(change);
        return server;
    }

    /// <summary>Stops and starts again on the same folder.</summary>
    public async Task RestartAsync(Func<RouseHostOptions, RouseHostOptions>? change = null)
    {
        await Host.DisposeAsync();
        Http.Dispose();
        await BeginAsync(change);
    }

    public async Task<(int Status, JsonElement Body)> SendAsync(HttpMethod method, string path, string? json = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return ((int)response.StatusCode, text.Length == 0 ? default : JsonDocument.Parse(text).RootElement);
    }

    public async Task<string> DeployAsync(string json)
    {
        var (status, body) = await SendAsync(HttpMethod.Post, "/v1/deployments", json);
        Assert.True(status == 202, body.ToString());
        return body.GetProperty("deployment_id").GetString()!;
    }

    public async Task<DeploymentView> GetAsync(string id)
    {
        var text = await Http.GetStringAsync(new Uri($"/v1/deployments/{id}", UriKind.Relative));
        return JsonSerializer.Deserialize(text, RouseJson.Default.DeploymentView)!;
    }

    /// <summary>The events of a stream until the server ends it.</summary>
    public async Task<List<(long Id, string Name, JsonElement Data)>> ReadStreamAsync(string path, long? after = null)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (after is { } position) request.Headers.Add("Last-Event-ID", position.ToString(System.Globalization.CultureInfo.InvariantCulture));
        using var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        response.EnsureSuccessStatusCode();
        List<(long, string, JsonElement)> seen = [];
        if ((int)response.StatusCode == 204) return seen;
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(limit.Token));
        var (id, name) = (0L, "");
        while (await reader.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.StartsWith("id: ", StringComparison.Ordinal)) id = long.Parse(line[4..], System.Globalization.CultureInfo.InvariantCulture);
            if (line.StartsWith("event: ", StringComparison.Ordinal)) name = line[7..];
            if (line.StartsWith("data: ", StringComparison.Ordinal)) seen.Add((id, name, JsonDocument.Parse(line[6..]).RootElement));
        }

        return seen;
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        Http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task BeginAsync(Func<RouseHostOptions, RouseHostOptions>? change)
    {
        var options = new RouseHostOptions { RequestsPerMinute = 0, JobRequestsPerMinute = 0, DataFolder = Path.Combine(_folder, "data"), Port = 0, HandleSignals = false, Quiet = true };
        Host = await RouseHost.StartAsync(change?.Invoke(options) ?? options);
        Http = new HttpClient(_way ?? new SocketsHttpHandler(), disposeHandler: _way is null) { BaseAddress = Host.BaseAddress, Timeout = TimeSpan.FromMinutes(2) };
    }
}
