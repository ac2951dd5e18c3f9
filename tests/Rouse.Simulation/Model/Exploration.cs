using Rouse.Simulation.Choices;

namespace Rouse.Simulation.Model;

/// <summary>What exploring a scenario found.</summary>
/// <param name="Doubles">Schedules in which two backends lived for a moment, which only a paused holder may bring about.</param>
/// <param name="First">The first schedule that breaks an invariant: which, and what happened.</param>
internal sealed record Findings(long Schedules, long Doubles, string? First)
{
    /// <summary>Runs every schedule of the scenario, or until one breaks an invariant.</summary>
    public static Findings Explore(Scenario scenario) => WithoutContext(() =>
    {
        var chooser = new DepthFirst();
        var (schedules, doubles) = (0L, 0L);
        do
        {
            schedules++;
            var run = new Run(scenario, chooser);
            if (run.Execute() is { } violation) return new Findings(schedules, doubles, Tell(violation, scenario, chooser.Replay()));
            if (run.MostAlive > 1) doubles++;
        }
        while (chooser.Next());
        return new Findings(schedules, doubles, First: null);
    });

    /// <summary>Runs one schedule per seed, or until one breaks an invariant.</summary>
    public static Findings Sample(Scenario scenario, int firstSeed, int seeds, double trouble) => WithoutContext(() =>
    {
        var doubles = 0L;
        for (var seed = firstSeed; seed < firstSeed + seeds; seed++)
        {
            var run = new Run(scenario, new Seeded(seed, trouble));
            if (run.Execute() is { } violation)
            {
                return new Findings(seed - firstSeed + 1, doubles, Tell($"seed {seed}: {violation}", scenario, new Seeded(seed, trouble)));
            }

            if (run.MostAlive > 1) doubles++;
        }

        return new Findings(seeds, doubles, First: null);
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
