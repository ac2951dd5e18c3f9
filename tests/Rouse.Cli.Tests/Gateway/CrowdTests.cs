using System.Globalization;
using Rouse.TestKit.Time;
using Xunit.Abstractions;

namespace Rouse.Cli.Tests.Gateway;

/// <summary>Many callers at once before the real server, each on a socket of its own. ROUSE_GATEWAY_CROWD asks for more of them than 1,000.</summary>
public sealed class CrowdTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Concurrency = 10;
    private const int Places = 50;

    private static readonly int s_crowd = GatewayProgram.Setting("ROUSE_GATEWAY_CROWD", 1_000);

    /// <summary>One tenant may hold 10,000 (AdmissionLimits.TenantPlaces), and those who look how many wait need a place, too.</summary>
    private static readonly int s_held = Math.Min(s_crowd, 9_900);

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
    public async Task AllAtOnceIntoFiftyPlaces_AreFiftyAdmitted_AndTheRestRefused()
    {
        await _server.DeployAsync("crowded", _service, $",\"concurrency\":{Concurrency},\"max_queue\":{Places - Concurrency}");
        _service.Close();
        using var callers = await Callers.ConnectAsync(_server.Port, s_crowd);
        for (var round = 0; round < 2; round++)
        {
            var (before, seen) = (_server.Resident, _service.Requests.Count);
            var refused = 0;
            var asking = callers.All.Select(async (caller, number) =>
            {
                var answer = await caller.AskAsync($"/d/crowded/{number}", body: null);
                if (answer.Status == 429) Interlocked.Increment(ref refused);
                return answer;
            }).ToList();
            await Eventually.TrueAsync(() => Volatile.Read(ref refused) >= s_crowd - Places && _service.Inside == Concurrency);
            Assert.Equal(s_crowd - Places, refused);
            var grown = _server.Resident - before;
            _service.Let(Places);
            var answers = await Task.WhenAll(asking);

            var turnedAway = answers.Where(answer => answer.Status == 429).ToList();
            Assert.Equal((Places, s_crowd - Places), (answers.Count(answer => answer.Status == 200), turnedAway.Count));
            Assert.All(turnedAway, answer => Assert.True(answer.Has("Retry-After"), answer.Head));
            Assert.Equal(Places, _service.Requests.Count - seen);
            var took = turnedAway.Select(answer => answer.Took).Order().ToList();
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"crowd: {s_crowd} at once into {Places} places, time {round + 1}: {Places} admitted, {turnedAway.Count} refused in p50 {took[took.Count / 2]:0.0} ms, p99 {took[took.Count * 99 / 100]:0.0} ms, longest {took[^1]:0.0} ms; server's memory grew by {grown:0.0} MiB"));
        }
    }

    [Fact]
    public async Task WhoeverLeavesDuringAWake_NeverReachesTheService_AndAllOthersDo()
    {
        _service.IsAwake = false;
        await _server.DeployAsync("asleep", _service, $",\"concurrency\":{Concurrency},\"max_queue\":{Math.Min(s_held + 10, 10_000)}");
        using var leavers = await Callers.ConnectAsync(_server.Port, s_held / 2);
        using var stayers = await Callers.ConnectAsync(_server.Port, s_held / 2);
        var before = _server.Resident;
        var left = leavers.AskAllAsync(number => $"/d/asleep/leaves/{number}", "a body");
        var stayed = stayers.AskAllAsync(number => $"/d/asleep/stays/{number}", "a body");
        await Eventually.TrueAsync(async () => await HeldAsync() == s_held);
        var held = _server.Resident - before;
        leavers.Dispose();
        await Eventually.TrueAsync(async () => await HeldAsync() == s_held / 2);
        await Assert.ThrowsAnyAsync<Exception>(() => left);

        var began = TimeProvider.System.GetTimestamp();
        _service.IsAwake = true;
        var answers = await stayed;
        var took = TimeProvider.System.GetElapsedTime(began);
        Assert.All(answers, answer => Assert.Equal(200, answer.Status));
        var reached = _service.Requests.Select(request => request.Path).Where(path => path != "/position").ToList();
        Assert.Equal(Enumerable.Range(0, s_held / 2).Select(number => $"/stays/{number}").Order(StringComparer.Ordinal), reached.Order(StringComparer.Ordinal));

        // No place is left taken by anybody who went: as many as work at a time get there at once.
        _service.Close();
        using var after = await Callers.ConnectAsync(_server.Port, Concurrency);
        var last = after.AskAllAsync(static number => $"/d/asleep/after/{number}");
        await Eventually.TrueAsync(() => _service.Inside == Concurrency);
        _service.Let(Concurrency);
        Assert.All(await last, answer => Assert.Equal(200, answer.Status));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_server.Folder, "data", "spool")));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"leave: {s_held} held in {held * 1024 / s_held:0.0} KiB each; half left, 0 of them reached the service; the others answered {took.TotalMilliseconds:0} ms after it was up"));
    }

    private async Task<int> HeldAsync() => (await _server.PositionAsync("asleep") ?? 0) - 1;
}
