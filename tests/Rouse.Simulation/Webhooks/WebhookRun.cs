using System.Globalization;
using Rouse.Core.Webhooks;
using Rouse.Server.Webhooks;
using Rouse.Store;
using Rouse.TestKit.Time;

namespace Rouse.Simulation.Webhooks;

/// <param name="Events">Each goes to all four receivers.</param>
/// <param name="Kills">Of the sender, at random, every other one right after a burst.</param>
/// <param name="Length">Virtual time in which the events happen.</param>
internal sealed record WebhookPlan(int Events, int Kills, TimeSpan Length, int Seed);

/// <summary>
/// Two receivers that are well, one that is down for 30 % of the time in every way there is, one that never answers; a sender that is killed again
/// and again; secrets that are rotated. Then what is left is waited for, dead letters are sent again, and everything is counted.
/// </summary>
internal sealed class WebhookRun : IAsyncDisposable
{
    private const double DownShare = 0.3;
    private const int Rotations = 5;
    private readonly WebhookPlan _plan;
    private readonly Random _random;
    private readonly ManualTime _time = new();
    private readonly DateTimeOffset _begin;
    private readonly List<(DateTimeOffset From, DateTimeOffset To, Mood Mood)> _outages = [];
    private readonly List<(DateTimeOffset From, DateTimeOffset To)> _deaths = [];
    private readonly HashSet<string> _rotated = [];
    private readonly PriorityQueue<Func<Task>, DateTimeOffset> _happenings = new();
    private readonly Dictionary<string, DateTimeOffset> _published = new(StringComparer.Ordinal);
    private readonly WebhookWorld _world;
    private readonly long _wallBegan = TimeProvider.System.GetTimestamp();
    private int _kills;
    private int _cut;
    private long _deadLetters;

    public WebhookRun(Database database, WebhookPlan plan)
    {
        (_plan, _random, _begin) = (plan, new Random(plan.Seed), _time.GetUtcNow());
        PlanOutages();
        Healthy = [new("well", static _ => Mood.Answers, TimeSpan.FromMilliseconds(20)), new("slow", static _ => Mood.Answers, TimeSpan.FromMilliseconds(80))];
        Flaky = new Receiver("flaky", now => _outages.FirstOrDefault(outage => outage.From <= now && now < outage.To).Mood, TimeSpan.FromMilliseconds(50));
        Dead = new Receiver("dead", static _ => Mood.NeverAnswers, TimeSpan.Zero);
        _world = new WebhookWorld(database, _time, [.. Healthy, Flaky, Dead], new Random(plan.Seed + 1));
    }

    public IReadOnlyList<Receiver> Healthy { get; }

    public Receiver Flaky { get; }

    public Receiver Dead { get; }

    public IReadOnlyList<Receiver> All => [.. Healthy, Flaky, Dead];

    public int Kills => _kills;

    /// <summary>Events that a receiver which can answer never took.</summary>
    public long Lost => Healthy.Append(Flaky).Sum(receiver => _published.Keys.LongCount(id => !receiver.Taken.ContainsKey(id)));

    public async Task PlayAsync()
    {
        Dictionary<Receiver, WebhookId> ids = [];
        foreach (var receiver in All) ids[receiver] = await _world.AddAsync(receiver);
        await _world.StartAsync();
        PlanHappenings(ids);
        while (_happenings.TryDequeue(out var what, out var at))
        {
            AdvanceTo(at);
            await what();
        }

        // The dead one has shown what it can do; the others get the time that the schedule gives them.
        await _world.SetEnabledAsync(ids[Dead], isEnabled: false);
        await ReviveAsync();
        await DrainAsync(ids);
        _deadLetters = (await _world.GetAsync(ids[Flaky])).Dead;
        await _world.ResendDeadAsync(ids[Flaky]);
        await DrainAsync(ids);
    }

    public IEnumerable<string> Table()
    {
        var down = _outages.Sum(outage => (outage.To - outage.From).TotalHours) / _plan.Length.TotalHours;
        yield return Row("events; receivers each; tries", $"{_published.Count:N0}; {All.Count}; {All.Sum(receiver => receiver.Tries):N0}");
        yield return Row("virtual hours (wall s); flaky receiver down", $"{(_time.GetUtcNow() - _begin).TotalHours:0.0} ({TimeProvider.System.GetElapsedTime(_wallBegan).TotalSeconds:0}); {down:P1} of {_plan.Length.TotalHours:0.#} h");
        yield return Row("sender killed; tries in the air then", $"{_kills}; {_cut}");
        yield return Row("lost", $"{Lost}");
        yield return Row("dead letters before the resend", $"{_deadLetters}");
        yield return Row("tries without a valid signature", $"{All.Sum(receiver => receiver.NotSigned)}");
        yield return Row("tries under another id", $"{All.Sum(receiver => receiver.UnderAnotherId)}");
        yield return Row("taken more than once (after kills)", $"{All.Sum(receiver => receiver.Repeats)}");
        yield return Row("most tries at once to one endpoint", $"{All.Max(receiver => receiver.MostInTheAir)}");
        foreach (var (what, waits) in new[] { ("", Waits(all: false)), (" or those that met a killed sender", Waits(all: true)) })
        {
            yield return Row($"healthy: event to receipt p50, p99, max of {waits.Length}{what}", $"{waits[waits.Length / 2]:0} ms, {At99(waits):0} ms, {waits[^1]:0} ms");
        }

        static string Row(string name, FormattableString value) => $"| {name} | {value.ToString(CultureInfo.InvariantCulture)} |";
    }

    /// <summary>Virtual milliseconds from an event to its receipt, where a sender was there to send it.</summary>
    public double HealthyP99 => At99(Waits(all: false));

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    private double[] Waits(bool all) =>
    [
        .. Healthy.SelectMany(receiver => receiver.Taken)
            .Where(taken => all || !_deaths.Exists(death => _published[taken.Key] < death.To && death.From <= taken.Value))
            .Select(taken => (taken.Value - _published[taken.Key]).TotalMilliseconds).Order(),
    ];

    private static double At99(double[] sorted) => sorted[(int)(sorted.Length * 0.99)];

    private void PlanHappenings(Dictionary<Receiver, WebhookId> ids)
    {
        List<DateTimeOffset> bursts = [];
        for (var left = _plan.Events; left > 0;)
        {
            var (at, first, size) = (Sometime(), _plan.Events - left, Math.Min(left, 1 + _random.Next(40)));
            bursts.Add(at);
            _happenings.Enqueue(() => PublishAsync(Enumerable.Range(first, size).Select(n => $"evt_{n}")), at);
            left -= size;
        }

        for (var i = 0; i < _plan.Kills; i++)
        {
            var at = i % 2 == 0 ? bursts[_random.Next(bursts.Count)].AddMilliseconds(_random.Next(200)) : Sometime();
            _happenings.Enqueue(KillAsync, at);
        }

        for (var i = 0; i < Rotations; i++)
        {
            var receiver = All[_random.Next(3)];
            if (ids.TryGetValue(receiver, out var id)) _happenings.Enqueue(() => RotateOnceAsync(receiver, id), Sometime());
        }
    }

    private async Task RotateOnceAsync(Receiver receiver, WebhookId id)
    {
        if (!_rotated.Add(receiver.Name)) return;
        var secret = await _world.RotateAsync(id);
        var longest = TimeSpan.FromTicks(Math.Min((WebhookSigner.Overlap * 0.9).Ticks, (_plan.Length / 4).Ticks));
        // Its owner takes his time, less than the overlap: until then the former secret must verify, from then on the new one.
        _happenings.Enqueue(() => Task.FromResult(receiver.Secret = secret), _time.GetUtcNow() + (longest * _random.NextDouble()));
    }

    private async Task PublishAsync(IEnumerable<string> ids)
    {
        var all = ids.ToList();
        foreach (var id in all) _published[id] = _time.GetUtcNow();
        await _world.PublishAsync(all);
    }

    private async Task KillAsync()
    {
        if (!_world.IsAlive)
        {
            _happenings.Enqueue(KillAsync, _time.GetUtcNow().AddSeconds(3));
            return;
        }

        _happenings.Enqueue(ReviveAsync, _time.GetUtcNow().AddMilliseconds(_random.Next(2000)));
        // Every third without waiting for the loop to come to rest: in the middle of a claim, or of writing down what came of a try.
        if (_kills % 3 != 0) _world.WaitUntilQuiet();
        _cut += await _world.KillAsync();
        _deaths.Add((_time.GetUtcNow(), DateTimeOffset.MaxValue));
        _kills++;
    }

    private async Task ReviveAsync()
    {
        if (_world.IsAlive) return;
        _deaths[^1] = _deaths[^1] with { To = _time.GetUtcNow() };
        await _world.StartAsync();
    }

    private void AdvanceTo(DateTimeOffset at)
    {
        while (true)
        {
            _world.WaitUntilQuiet();
            var next = _time.NextTimer is { } due && due < at ? due : at;
            if (next > _time.GetUtcNow()) _time.Advance(next - _time.GetUtcNow());
            else if (next == at) return;
            else _time.Advance(TimeSpan.Zero);
        }
    }

    private async Task DrainAsync(Dictionary<Receiver, WebhookId> ids)
    {
        var limit = _time.GetUtcNow() + DeliveryRules.Waits.Aggregate(TimeSpan.FromHours(8), (sum, wait) => sum + (wait * (1 + DeliveryRules.Jitter)));
        for (var at = _time.GetUtcNow(); at < limit; at += TimeSpan.FromMinutes(10))
        {
            AdvanceTo(at);
            var waiting = 0L;
            foreach (var receiver in Healthy.Append(Flaky)) waiting += (await _world.GetAsync(ids[receiver])).Waiting;
            if (waiting == 0) return;
        }
    }

    private DateTimeOffset Sometime() => _begin + (_plan.Length * _random.NextDouble());

    private void PlanOutages()
    {
        const int Outages = 16;
        double Weight() => 0.2 + (1.6 * _random.NextDouble());
        var (ups, downs) = (Enumerable.Range(0, Outages).Select(_ => Weight()).ToArray(), Enumerable.Range(0, Outages).Select(_ => Weight()).ToArray());
        var at = _begin;
        for (var i = 0; i < Outages; i++)
        {
            at += _plan.Length * ((1 - DownShare) * ups[i] / ups.Sum());
            var until = at + (_plan.Length * (DownShare * downs[i] / downs.Sum()));
            _outages.Add((at, until, (Mood)(1 + (i % 4))));
            at = until;
        }
    }
}
