using System.Collections.Concurrent;
using System.Diagnostics;
using Rouse.Fuzz.Cases;
using Rouse.Fuzz.Checks;
using Rouse.Fuzz.Document;
using Rouse.Fuzz.Wire;
using Rouse.Fuzz.World;

namespace Rouse.Fuzz.Run;

/// <summary>Sends the kept seeds, then cases of every operation in turn, over several connections at once.</summary>
internal sealed class FuzzRun(FuzzWorld world, ApiDocument document, ulong seed)
{
    /// <summary>Connections. Some cases wait for a second by design; the others go on meanwhile.</summary>
    private const int Lanes = 24;

    /// <summary>Cases between two looks at how many deployments live.</summary>
    private const int TidyEvery = 300;

    /// <summary>Different faults shown; what comes after is likely more of the same.</summary>
    private const int MostFaults = 40;

    private readonly CaseMaker _maker = new(document, new ValueMaker(document, Words.For(world)), new Spoiler(document));
    private readonly Checker _checker = new(document, Canaries.All);
    private readonly Harvest _harvest = new(document, world.Pool);
    private readonly ConcurrentDictionary<string, string> _faults = new(StringComparer.Ordinal);
    private int _next;

    public Tally Tally { get; } = new();

    public IReadOnlyCollection<string> Faults => [.. _faults.OrderBy(fault => fault.Key, StringComparer.Ordinal).Select(fault => fault.Value)];

    public TimeSpan Elapsed { get; private set; }

    public async Task RunAsync(int perOperation)
    {
        var clock = Stopwatch.StartNew();
        await ReplaySeedsAsync();
        await Task.WhenAll(Enumerable.Range(0, Lanes).Select(_ => Task.Run(() => LaneAsync(perOperation * document.Operations.Count))));
        Elapsed = clock.Elapsed;
        if (await world.Janitor.SicknessAsync() is { } sickness) _faults["~"] = "After the run: " + sickness;
    }

    /// <summary>One case, by the name under which a fault was shown: <c>operation/index</c>.</summary>
    public async Task RunOneAsync(string name)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        await using var sender = new Sender(world, world.Address);
        await TryAsync(sender, _maker.Make(seed, name[..slash], int.Parse(name.AsSpan(slash + 1), System.Globalization.CultureInfo.InvariantCulture)), name);
    }

    private async Task ReplaySeedsAsync()
    {
        await using var sender = new Sender(world, world.Address);
        foreach (var (name, one) in SeedFile.All()) await TryAsync(sender, one, "Seeds/" + name);
    }

    private async Task LaneAsync(int total)
    {
        await using var sender = new Sender(world, world.Address);
        for (var number = Interlocked.Increment(ref _next) - 1; number < total && _faults.Count < MostFaults; number = Interlocked.Increment(ref _next) - 1)
        {
            var operation = document.Operations[number % document.Operations.Count].Id;
            var index = number / document.Operations.Count;
            await TryAsync(sender, _maker.Make(seed, operation, index), $"{operation}/{index}");
            if (number % TidyEvery == 0) await world.Janitor.TidyAsync();
        }
    }

    private async Task TryAsync(Sender sender, FuzzCase one, string name)
    {
        var (reply, fault) = await SendAsync(sender, one);
        Tally.Add(one.Operation, reply.Status, isOwn: one.Method == document.Operation(one.Operation).Method);
        if (fault is null)
        {
            _harvest.Take(document.Operation(one.Operation), one, reply);
            return;
        }

        var key = $"{one.Operation} {fault.Kind}";
        if (!_faults.TryAdd(key, "")) return;
        var last = (Reply: reply, Fault: fault);
        var small = await Shrinker.ShrinkAsync(one, async candidate =>
        {
            var (again, found) = await SendAsync(sender, candidate);
            if (found?.Kind == fault.Kind) last = (again, found);
            return found?.Kind == fault.Kind;
        });
        _faults[key] = $"""
            {key}
              {last.Fault.Detail}
              made by seed {seed}, {name}; its smallest form:
            {SeedFile.Write(small, fault.Kind)}
            """;
    }

    private async Task<(Reply Reply, Fault? Fault)> SendAsync(Sender sender, FuzzCase one)
    {
        var isHeld = one.Operation == "RunJobSync";
        var reply = await sender.SendAsync(one, isHeld);
        return (reply, isHeld && reply.End == ReplyEnd.Silent ? null : _checker.Check(one, reply, world.Pool.Resolve));
    }
}
