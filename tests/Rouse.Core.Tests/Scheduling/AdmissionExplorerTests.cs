using Rouse.Core.Deployments;
using Rouse.Core.Scheduling;

namespace Rouse.Core.Tests.Scheduling;

/// <summary>Every short sequence of events, and many long ones; <see cref="AdmissionWorld"/> looks at what must hold after each event.</summary>
public sealed class AdmissionExplorerTests
{
    /// <summary>All of 13 events, 5 deep: 371,293 sequences.</summary>
    private const int Depth = 5;

    private static readonly HttpService s_small = new()
    {
        Concurrency = 1, MaxQueue = 3, MaxQueueBytes = 25, WakeTimeout = TimeSpan.FromSeconds(30), BusyTimeout = TimeSpan.FromSeconds(20),
    };

    private static readonly AdmissionLimits s_limits = new() { HeldInARow = 2, TenantPlaces = 3, TenantBytes = 1000 };

    private static readonly Action<AdmissionWorld>[] s_events =
    [
        static world => world.Ask(bytes: 10),
        static world => world.Ask(queued: true),
        static world => world.Ask(wait: 5, caller: AdmissionWorld.Bob),
        static world => Each(world.WaitingIds, first: true, world.Leave),
        static world => Each(world.WaitingIds, first: false, world.Leave),
        static world => Each(world.InFlightIds, first: true, world.Finish),
        static world => Each(world.InFlightIds, first: false, world.Finish),
        static world => world.Ready("a"),
        static world => world.Ready("b", "a"),
        static world => world.Ready(),
        static world => world.Pass(11),
        static world => world.End(),
        static world => world.Stop(),
    ];

    [Fact]
    public void EveryShortSequence_KeepsItsPromises()
    {
        var sequence = new int[Depth];
        var runs = 0;
        do
        {
            Run(sequence);
            runs++;
        }
        while (Next(sequence));
        Assert.Equal((int)Math.Pow(s_events.Length, Depth), runs);
    }

    [Fact]
    public void LongSequences_KeepThemToo()
    {
        for (var seed = 1; seed <= 3000; seed++)
        {
            var chance = new Random(seed);
            // Ends and stops seldom, or little would happen after them.
            Run([.. Enumerable.Range(0, 60).Select(_ => chance.Next(100) < 2 ? chance.Next(s_events.Length) : chance.Next(s_events.Length - 2))]);
        }
    }

    private static void Run(IReadOnlyList<int> sequence)
    {
        var world = new AdmissionWorld(s_small, s_limits);
        foreach (var one in sequence) s_events[one](world);
        Assert.Equal(0, world.Inversions);
        // However it went, those that wait are answered in their time, and nothing is left of them.
        world.Pass(51);
        Assert.Equal(0, world.Machine.Waiting);
        foreach (var id in world.InFlightIds) world.Finish(id);
        Assert.Equal(0, world.Machine.InFlight);
        Assert.Equal((0, 0L), world.Shares.Of(AdmissionWorld.Alice));
        Assert.Equal((0, 0L), world.Shares.Of(AdmissionWorld.Bob));
    }

    private static bool Next(int[] sequence)
    {
        for (var i = 0; i < sequence.Length; i++)
        {
            if (++sequence[i] < s_events.Length) return true;
            sequence[i] = 0;
        }

        return false;
    }

    private static void Each(IReadOnlyList<long> ids, bool first, Action<long> what)
    {
        if (ids.Count > 0) what(first ? ids[0] : ids[^1]);
    }
}
