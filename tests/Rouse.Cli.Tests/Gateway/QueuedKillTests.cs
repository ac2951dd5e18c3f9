using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Rouse.TestKit.Time;
using Xunit.Abstractions;

namespace Rouse.Cli.Tests.Gateway;

/// <summary>kill -9 of the real server with requests queued and at the service. ROUSE_GATEWAY_KILLS asks for more kills than one.</summary>
public sealed class QueuedKillTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Concurrency = 2;
    private const int Jobs = 40;

    private static readonly int s_kills = GatewayProgram.Setting("ROUSE_GATEWAY_KILLS", 1);

    private readonly GatewayProgram _server = new();
    private RecordedService _service = null!;

    public async Task InitializeAsync()
    {
        _service = await RecordedService.StartAsync();
        await _server.StartAsync();
    }

    public async Task DisposeAsync()
    {
        _server.Dispose();
        await _service.DisposeAsync();
    }

    [Fact]
    public async Task EveryQueuedRequest_IsDoneAfterTheKill_Once_AndWhatWasAtTheServiceEndsAsDocumented()
    {
        await _server.DeployAsync("queue", _service, $",\"concurrency\":{Concurrency},\"max_queue\":{Jobs + Concurrency}");
        var (done, interrupted) = (0, 0);
        for (var kill = 0; kill < s_kills; kill++)
        {
            _service.Close();
            var answeredBefore = _service.Answered;
            Dictionary<string, string> bodies = new(StringComparer.Ordinal);
            for (var i = 0; i < Jobs; i++)
            {
                var body = string.Create(CultureInfo.InvariantCulture, $"kill {kill}, job {i}");
                bodies[await QueueAsync(body)] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body)));
            }

            // The moment moves through the queue; at every other kill answers are just on their way, too.
            var answers = kill * 7 % (Jobs - Concurrency);
            _service.Let(answers);
            if (kill % 2 == 0) await Eventually.TrueAsync(() => _service.Answered - answeredBefore == answers && _service.Inside == Concurrency);
            await _server.KillAsync();
            _service.Open();
            await _server.StartAsync();
            foreach (var (job, sha256) in bodies)
            {
                var ended = await EndedAsync(job);
                var times = _service.Requests.Count(request => request.Sha256 == sha256);
                if (ended.GetProperty("status").GetString() == "completed")
                {
                    Assert.Equal(1, times);
                    done++;
                    continue;
                }

                Assert.StartsWith("interrupted: ", ended.GetProperty("error").GetString(), StringComparison.Ordinal);
                Assert.InRange(times, 0, 1);
                interrupted++;
            }

            Assert.True(interrupted <= (kill + 1) * Concurrency, $"{interrupted} interrupted by {kill + 1} kills");
        }

        Assert.Equal(s_kills * Jobs, done + interrupted);
        output.WriteLine($"kill: {s_kills} times -9 with {Jobs} requests queued each: {done} done once, {interrupted} interrupted at the service, 0 lost, 0 sent twice");
    }

    private async Task<string> QueueAsync(string body)
    {
        var (status, reply, _) = await _server.SendAsync(HttpMethod.Post, "/api/process/queue", new StringContent(body));
        Assert.True(status == 202, reply);
        return JsonElement.Parse(reply).GetProperty("job_id").GetString()!;
    }

    private async Task<JsonElement> EndedAsync(string job)
    {
        JsonElement seen = default;
        await Eventually.TrueAsync(async () =>
        {
            seen = await _server.GetAsync($"/api/jobs/{job}");
            return seen.GetProperty("status").GetString() is not ("queued" or "running");
        });
        return seen;
    }
}
