using Rouse.Core.Deployments;
using Rouse.Core.Ports;

namespace Rouse.Simulation.Model;

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

    /// <summary>The user may delete at any point, in place of when everything is at rest.</summary>
    public bool DeletesAnywhere { get; init; }

    /// <summary>The worker may report ready before anything else is known of it.</summary>
    public bool ReportsAnywhere { get; init; }

    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Zero leaves the settle time to the provider's traits.</summary>
    public TimeSpan Settle { get; init; }

    public ProviderTraits Traits { get; init; } = new()
    {
        Kind = "sim", CallTimeout = TimeSpan.FromSeconds(10), ListLag = TimeSpan.FromSeconds(5),
    };

    /// <summary>Puts a broken provider client in place of the real calls.</summary>
    public Func<IProvider, IProvider> Provider { get; init; } = provider => provider;

    /// <summary>Puts a broken store in place of the real one.</summary>
    public Func<IReconcileStore, IReconcileStore> Store { get; init; } = store => store;

    public ReconcileLimits Limits => new()
    {
        Poll = TimeSpan.FromSeconds(15), Recheck = TimeSpan.FromSeconds(1), RetryDelay = TimeSpan.FromSeconds(10), Settle = Settle, Lease = Lease,
    };
}
