using Rouse.Core.Deployments;
using Rouse.Core.Ports;

namespace Rouse.Simulation.Model;

[Flags]
internal enum Trouble
{
    WhileStarting = 1,
    WhileDeleting = 2,
    Always = WhileStarting | WhileDeleting,

    /// <summary>While it is put away and brought back, which only <see cref="Scenario.Hibernates"/> does.</summary>
    WhileSleeping = 4,
}

internal enum Flaw
{
    None,

    /// <summary>The provider's client asks again when the answer to a create did not come, as an HTTP client's retry policy would.</summary>
    RetriesInPlace,

    /// <summary>The attempt is written together with the id, after the create.</summary>
    WritesIntentLate,

    /// <summary>The attempt is raised whatever it was.</summary>
    RaisesAttemptBlindly,
}

/// <summary>What may happen in a run, and how often.</summary>
internal sealed record Scenario
{
    public int Replicas { get; init; } = 1;

    /// <summary>Calls that fail, lose their reply, are refused, or whose caller dies before or after; and backends that vanish.</summary>
    public int Faults { get; init; }

    /// <summary>Switches from a replica that is in the middle of a pass to one that has something to do.</summary>
    public int Preemptions { get; init; }

    /// <summary>Replicas that stop in the middle of a pass for longer than their lease and the settle time, and then go on.</summary>
    public int Pauses { get; init; }

    /// <summary>When trouble may happen.</summary>
    public Trouble Trouble { get; init; } = Trouble.Always;

    /// <summary>The user may delete at any point, in place of when everything is at rest.</summary>
    public bool DeletesAnywhere { get; init; }

    /// <summary>The worker may report ready before anything else is known of it.</summary>
    public bool ReportsAnywhere { get; init; }

    /// <summary>Once, at any point, the wall clock may jump an hour ahead or back.</summary>
    public bool ClockJumps { get; init; }

    /// <summary>After everything else, what no row claims is swept away. Only what a paused holder made may need it.</summary>
    public bool Sweeps { get; init; } = true;

    /// <summary>Zero takes the lease away: any replica may work on the row at any time.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Beyond what the provider's traits ask for.</summary>
    public TimeSpan Settle { get; init; }

    public ProviderTraits Traits { get; init; } = new()
    {
        Kind = "sim", CallTimeout = TimeSpan.FromSeconds(10), ListLag = TimeSpan.FromSeconds(5),
    };

    /// <summary>The cheapest offer's backends never get a worker, so the attempt has to give way to the next offer.</summary>
    public bool StarvesFirstOffer { get; init; }

    /// <summary>Once ready it is put away, and then wanted again.</summary>
    public bool Hibernates { get; init; }

    /// <summary>It speaks HTTP itself; null for a model.</summary>
    public HttpService? Service { get; init; }

    /// <summary>A provider of pods: stopped, and woken where there may be no GPU free any more.</summary>
    public static ProviderTraits Pods { get; } = new Scenario().Traits with { SellsGpus = true, CanStop = true };

    /// <summary>A provider that sells GPUs and has a queue of its own: the model is looked at first, and a backend sleeps until it is woken.</summary>
    public static ProviderTraits Paid { get; } = new Scenario().Traits with { SellsGpus = true, HasOwnQueue = true };

    /// <summary>The same of a service's: asked directly, asleep until it is, and on whatever machine the provider finds.</summary>
    public static ProviderTraits Endpoints { get; } = Paid with { CanStop = true, WakesWhenAsked = true };

    /// <summary>A rule of the protocol that is broken on purpose.</summary>
    public Flaw Flaw { get; init; }

    public ReconcileLimits Limits => field ??= new ReconcileLimits
    {
        Poll = TimeSpan.FromSeconds(20), Recheck = TimeSpan.FromSeconds(4), RetryDelay = TimeSpan.FromSeconds(10), Settle = Settle, Lease = Lease, CapacityPatience = TimeSpan.FromSeconds(30),
    };
}
