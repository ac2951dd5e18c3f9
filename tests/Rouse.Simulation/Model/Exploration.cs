using Rouse.Simulation.Choices;

namespace Rouse.Simulation.Model;

/// <summary>What exploring a scenario found.</summary>
/// <param name="First">The first schedule that breaks an invariant: which, and what happened.</param>
internal sealed record Findings(long Schedules, long Broken, string? First)
{
    /// <summary>Runs every schedule of the scenario.</summary>
    /// <param name="enough">Broken schedules after which to stop.</param>
    public static Findings Explore(Scenario scenario, long enough = 1, long most = long.MaxValue) => WithoutContext(() =>
    {
        var chooser = new DepthFirst();
        var (schedules, broken, first) = (0L, 0L, (string?)null);
        do
        {
            schedules++;
            if (new Run(scenario, chooser).Execute() is not { } violation) continue;
            broken++;
            first ??= Tell(violation, scenario, chooser.Replay());
        }
        while (broken < enough && schedules < most && chooser.Next());
        return new Findings(schedules, broken, first);
    });

    /// <summary>Runs one schedule per seed.</summary>
    public static Findings Sample(Scenario scenario, int firstSeed, int seeds, double trouble) => WithoutContext(() =>
    {
        for (var seed = firstSeed; seed < firstSeed + seeds; seed++)
        {
            if (new Run(scenario, new Seeded(seed, trouble)).Execute() is not { } violation) continue;
            return new Findings(seed - firstSeed + 1, 1, Tell($"seed {seed}: {violation}", scenario, new Seeded(seed, trouble)));
        }

        return new Findings(seeds, 0, First: null);
    });

    private static string Tell(string violation, Scenario scenario, Chooser again)
    {
        List<string> trace = [];
        new Run(scenario, again, trace).Execute();
        return violation + Environment.NewLine + string.Join(Environment.NewLine, trace);
    }

    /// <summary>The test framework's synchronization context would move continuations to other threads.</summary>
    private static Findings WithoutContext(Func<Findings> explore)
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return explore();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }
}
