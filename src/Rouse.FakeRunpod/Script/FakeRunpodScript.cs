using Rouse.FakeRunpod.Http;

namespace Rouse.FakeRunpod.Script;

/// <summary>What goes wrong, set by tests at any time.</summary>
public sealed class FakeRunpodScript
{
    private readonly Lock _gate = new();
    private readonly List<Fault> _faults = [];

    /// <summary>How long a created thing is missing from lists, and a deleted one stays in them.</summary>
    public TimeSpan ListLag { get; set; }

    /// <summary>From placing a worker to the start of its container; not billed.</summary>
    public TimeSpan ImagePull { get; set; }

    /// <summary>The pull goes on for ever.</summary>
    public bool ImagePullNeverEnds { get; set; }

    /// <summary>Endpoint settings lose their env, as some of Runpod's interfaces were seen to do: responses lack it, so do workers.</summary>
    public bool DropEndpointEnv { get; set; }

    /// <summary>A stopped pod finds its host rented out when it is started again.</summary>
    public bool HostHasNoFreeGpu { get; set; }

    /// <summary>How long a job-take or job-stop poll is held.</summary>
    public TimeSpan PollHold { get; set; } = TimeSpan.FromSeconds(25);

    /// <summary>Management calls an account may make in a minute; this fake's own figure, high enough for any test that does not ask for 429.</summary>
    public int CallsPerMinute { get; set; } = 100_000;

    /// <summary>Share of management calls that fail: 0 to 1. Half of them before their effect, half after it.</summary>
    public double FailureRate { get; set; }

    /// <summary>The next calls that match fail so, oldest fault first.</summary>
    public void Add(Fault fault)
    {
        lock (_gate) _faults.Add(fault);
    }

    public void ClearFaults()
    {
        lock (_gate) _faults.Clear();
    }

    internal Fault? Take(CallPlane plane, string method, string path)
    {
        lock (_gate)
        {
            var fault = _faults.Find(fault => fault.Matches(plane, method, path));
            if (fault is not null && --fault.Times <= 0) _faults.Remove(fault);
            return fault;
        }
    }
}
