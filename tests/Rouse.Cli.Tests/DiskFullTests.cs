using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Rouse.TestKit.Time;
using Xunit.Abstractions;

namespace Rouse.Cli.Tests;

/// <summary>The real server on a real file system of 64 MB that runs full: it says so, loses nothing it has acknowledged, and goes on when there is space.</summary>
public sealed class DiskFullTests(ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan s_recovery = TimeSpan.FromSeconds(5);
    private readonly Cli _cli = new();

    public void Dispose() => _cli.Dispose();

    [SmallDiskFact]
    public async Task FullDisk_Answers503_KeepsWhatItAcknowledged_AndGoesOnWithinFiveSeconds()
    {
        using var disk = SmallDisk.Start(_cli.Folder, "64m");
        using var http = new HttpClient { BaseAddress = new Uri(await disk.ListensAsync()), Timeout = TimeSpan.FromSeconds(60) };
        List<string> acknowledged = [];
        for (var i = 0; i < 20; i++) acknowledged.Add((await DeployAsync(http, $"before-{i}")).Id!);

        await disk.FillAsync();
        var refused = 0;
        for (var i = 0; refused < 20; i++)
        {
            Assert.True(i < 5000, "The disk never was full.");
            var (status, id, code) = await DeployAsync(http, $"during-{i}");
            if (id is not null) acknowledged.Add(id);
            else
            {
                Assert.Equal((HttpStatusCode.ServiceUnavailable, "STORAGE_FULL"), (status, code));
                refused++;
            }
        }

        // Reads go on, all of them.
        foreach (var path in new[] { "/health", "/metrics", "/v1/deployments?limit=100", $"/v1/deployments/{acknowledged[^1]}", "/v1/doctor" })
        {
            using var read = await http.GetAsync(new Uri(path, UriKind.Relative));
            Assert.True(read.IsSuccessStatusCode, $"{path}: {(int)read.StatusCode}");
        }

        await disk.EmptyAsync();
        var began = Stopwatch.GetTimestamp();
        await Eventually.TrueAsync(async () => (await DeployAsync(http, "after")).Id is not null);
        var recovery = Stopwatch.GetElapsedTime(began);

        foreach (var id in acknowledged) Assert.Equal(id, (await http.GetFromJsonAsync<JsonElement>(new Uri($"/v1/deployments/{id}", UriKind.Relative))).GetProperty("deployment_id").GetString());
        output.WriteLine(FormattableString.Invariant($"{acknowledged.Count} acknowledged, 0 lost; {refused} refused; writes again after {recovery.TotalMilliseconds:0} ms"));
        Assert.InRange(recovery, TimeSpan.Zero, s_recovery);
        Assert.Equal(0, await disk.EndAsync());
    }

    private static async Task<(HttpStatusCode Status, string? Id, string? Code)> DeployAsync(HttpClient http, string name)
    {
        using var reply = await http.PostAsJsonAsync("/v1/deployments", new { hf_model_id = $"org/{name}", user_webhook_url = "http://127.0.0.1:1/" + new string('x', 1800) });
        var body = await reply.Content.ReadFromJsonAsync<JsonElement>();
        if (reply.StatusCode == HttpStatusCode.Accepted) return (reply.StatusCode, body.GetProperty("deployment_id").GetString(), null);
        Assert.NotNull(reply.Headers.RetryAfter);
        return (reply.StatusCode, null, body.GetProperty("code").GetString());
    }
}
