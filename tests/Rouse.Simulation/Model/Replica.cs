using System.Globalization;
using Rouse.Server.Background;

namespace Rouse.Simulation.Model;

/// <summary>One control-plane process: idle until its next pass is due, or stopped inside one.</summary>
internal sealed class Replica(int number)
{
    public string Owner { get; } = "r" + number.ToString(CultureInfo.InvariantCulture);

    public ReconcilePass Pass { get; set; } = null!;

    /// <summary>The pass under way; null while idle.</summary>
    public Task<PassResult>? Running { get; set; }

    /// <summary>Goes on where the pass stopped.</summary>
    public Action? Resume { get; set; }

    /// <summary>When there is something to do next.</summary>
    public DateTimeOffset Due { get; set; }

    public bool Crashed { get; set; }

    /// <summary>The pass under way has listed what lives.</summary>
    public bool Listed { get; set; }

    /// <summary>What was true, and when, as the pass under way began.</summary>
    public (int Version, DateTimeOffset At) Began { get; set; }

    /// <summary>When the last pass began, what was true then, that looked at everything and only asked for the next poll.</summary>
    public (int Version, DateTimeOffset At)? Content { get; set; }

    public int Failures { get; set; }
}
