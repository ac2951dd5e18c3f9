using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Rouse.TestKit.Time;

namespace Rouse.Cli.Tests.Gateway;

/// <summary>The real server as a child process, at the same address after each start, with services that it forwards to.</summary>
internal sealed class GatewayProgram : IDisposable
{
    private readonly Cli _cli = new();
    private ChildProgram? _child;

    public GatewayProgram()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        Http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://127.0.0.1:{Port}"), Timeout = TimeSpan.FromSeconds(100) };
    }

    public int Port { get; }

    public HttpClient Http { get; }

    public string Folder => _cli.Folder;

    /// <summary>Of the server's memory, in MiB: what is resident.</summary>
    public double Resident => File.ReadLines($"/proc/{_child!.Id}/status").Where(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
        .Select(line => double.Parse(line["VmRSS:".Length..^"kB".Length].Trim(), CultureInfo.InvariantCulture) / 1024).Single();

    public static int Setting(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var count) ? count : otherwise;

    public async Task StartAsync(params (string Name, string Value)[] variables)
    {
        var all = variables.ToDictionary(pair => pair.Name, pair => pair.Value, StringComparer.Ordinal);
        all["HF_ENDPOINT"] = "http://127.0.0.1:1";
        _child = ChildProgram.Start(_cli.Folder, all, "serve", "--port", Port.ToString(CultureInfo.InvariantCulture), "--data", "data", "--quiet");
        await _child.Out.HearAsync("\n");
    }

    public async Task KillAsync()
    {
        await _child!.SendAsync("KILL");
        await _child.EndAsync();
        _child.Dispose();
        _child = null;
    }

    public Task TermAsync() => _child!.SendAsync("TERM");

    public Task<Ended> EndAsync() => _child!.EndAsync();

    /// <param name="members">Of <c>service</c>, besides its address.</param>
    public async Task DeployAsync(string name, RecordedService service, string members)
    {
        var (status, body, _) = await SendAsync(HttpMethod.Post, "/v1/deployments", new StringContent(
            $$"""{"name":"{{name}}","service":{"upstream":"{{service.Address}}"{{members}} } }""", Encoding.UTF8, "application/json"));
        Assert.True(status == 202, body);
        // Known here, and answering if it is awake.
        await Eventually.TrueAsync(async () => await PositionAsync(name) is not null && (!service.IsAwake || await IsReadyAsync(name)));
    }

    /// <summary>The place in the queue that one more request would have; 0 when it would not have to wait; null while the name is not known.</summary>
    public async Task<int?> PositionAsync(string name)
    {
        var (status, _, headers) = await SendAsync(HttpMethod.Get, $"/d/{name}/position", prefer: "wait=0");
        return status == 404 ? null : headers.TryGetValue("X-Rouse-Queue-Position", out var position) ? int.Parse(position, CultureInfo.InvariantCulture) : 0;
    }

    public async Task<(int Status, string Body, IReadOnlyDictionary<string, string> Headers)> SendAsync(HttpMethod method, string path, HttpContent? content = null, string? prefer = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (prefer is not null) request.Headers.Add("Prefer", prefer);
        using var response = await Http.SendAsync(request);
        var headers = response.Headers.ToDictionary(header => header.Key, header => string.Join(',', header.Value), StringComparer.OrdinalIgnoreCase);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(), headers);
    }

    public async Task<JsonElement> GetAsync(string path)
    {
        var (status, body, _) = await SendAsync(HttpMethod.Get, path);
        Assert.True(status == 200, body);
        return JsonElement.Parse(body);
    }

    public void Dispose()
    {
        _child?.Dispose();
        Http.Dispose();
        _cli.Dispose();
    }

    private async Task<bool> IsReadyAsync(string name) => (await SendAsync(HttpMethod.Get, $"/d/{name}/ready", prefer: "wait=0")).Status == 200;
}
