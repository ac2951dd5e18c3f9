using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Rouse.TestKit.Time;
using Xunit.Abstractions;

namespace Rouse.Cli.Tests.Gateway;

/// <summary>The real server with its spool and database on a file system of 64 MB: requests are refused before it is full, and through a full one nothing accepted is lost or done twice.</summary>
public sealed class SpoolDiskTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int BodyBytes = 4_000_000;
    private const int Concurrency = 2;

    private readonly Cli _cli = new();
    private RecordedService _service = null!;

    public async Task InitializeAsync() => _service = await RecordedService.StartAsync();

    public async Task DisposeAsync()
    {
        _cli.Dispose();
        await _service.DisposeAsync();
    }

    [SmallDiskFact]
    public async Task AFullDisk_LosesNothingThatWasAccepted_AndNothingIsDoneTwice()
    {
        using var disk = SmallDisk.Start(_cli.Folder, "64m");
        using var http = new HttpClient { BaseAddress = new Uri(await disk.ListensAsync()), Timeout = TimeSpan.FromSeconds(60) };
        var (deployed, _) = await PostAsync(http, "/v1/deployments", new StringContent(
            $$"""{"name":"queue","service":{"upstream":"{{_service.Address}}","concurrency":{{Concurrency}},"max_queue":100} }""", Encoding.UTF8, "application/json"));
        Assert.Equal(202, deployed);
        _service.Close();
        Dictionary<string, string> accepted = new(StringComparer.Ordinal);
        var refused = "";
        await Eventually.TrueAsync(async () => (await http.GetAsync(new Uri("/api/status/queue", UriKind.Relative))).IsSuccessStatusCode);
        while (refused.Length == 0)
        {
            var body = RandomNumberGenerator.GetBytes(BodyBytes);
            var (status, reply) = await PostAsync(http, "/api/process/queue", new ByteArrayContent(body));
            if (status == 202) accepted[reply.GetProperty("job_id").GetString()!] = Convert.ToHexStringLower(SHA256.HashData(body));
            else refused = string.Create(CultureInfo.InvariantCulture, $"{status} {reply.GetProperty("code").GetString()}");
        }

        // By the reserve, so that what comes of them can be kept.
        Assert.Equal("503 SPOOL_FULL", refused);
        Assert.InRange(accepted.Count, 8, 64_000_000 / BodyBytes);
        await Eventually.TrueAsync(() => _service.Inside == Concurrency);

        await disk.FillAsync();
        for (var i = 0; (await PostAsync(http, "/v1/deployments", new StringContent($$"""{"hf_model_id":"org/more-{{i}}"}""", Encoding.UTF8, "application/json"))).Status != 503; i++)
        {
            Assert.True(i < 5000, "The disk never was full.");
        }

        _service.Open();
        await Eventually.TrueAsync(() => _service.Answered >= Concurrency);
        foreach (var job in accepted.Keys) Assert.Contains((await JobAsync(http, job)).GetProperty("status").GetString(), (string?[])["queued", "running", "completed"]);
        await disk.EmptyAsync();
        foreach (var (job, sha256) in accepted)
        {
            JsonElement ended = default;
            await Eventually.TrueAsync(async () => (ended = await JobAsync(http, job)).GetProperty("status").GetString() is not ("queued" or "running"));
            Assert.True(ended.GetProperty("status").GetString() == "completed", ended.ToString());
            Assert.Equal(sha256, await http.GetStringAsync(new Uri($"/api/jobs/{job}/result", UriKind.Relative)));
            Assert.Single(_service.Requests, request => request.Sha256 == sha256);
        }

        output.WriteLine($"full disk: {accepted.Count} accepted of {BodyBytes >> 20} MiB each, the next refused with {refused}; all done once, 0 lost");
        Assert.Equal(0, await disk.EndAsync());
    }

    private static async Task<(int Status, JsonElement Body)> PostAsync(HttpClient http, string path, HttpContent content)
    {
        using var reply = await http.PostAsync(new Uri(path, UriKind.Relative), content);
        return ((int)reply.StatusCode, await reply.Content.ReadFromJsonAsync<JsonElement>());
    }

    private static async Task<JsonElement> JobAsync(HttpClient http, string job) => await http.GetFromJsonAsync<JsonElement>(new Uri($"/api/jobs/{job}", UriKind.Relative));
}
