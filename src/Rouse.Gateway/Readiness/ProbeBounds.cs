using Rouse.Core.Deployments;
using Rouse.Gateway.Routing;

namespace Rouse.Gateway.Readiness;

/// <summary>The bounds of asking, each with its reason.</summary>
public sealed record ProbeBounds
{
    /// <summary>The first ask's: most answers come sooner.</summary>
    public TimeSpan FirstTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Doubled up to here after each that was too short: beyond it nobody would be served either.</summary>
    public TimeSpan MaxTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A timeout is at least this many times what nineteen in twenty answers took, so that distance alone never reads as silence.</summary>
    public double Patience { get; init; } = 3;

    /// <summary>Between asks while somebody waits: at first, when a wake may be over at any moment.</summary>
    public TimeSpan ShortestPause { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The same after a while: it grows by <see cref="PauseGrowth"/> of the time already spent up to here.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(1);

    public double PauseGrowth { get; init; } = 0.05;

    /// <summary>Between asks while nobody waits.</summary>
    public TimeSpan IdlePause { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Between asks of one that is ready and has no traffic; traffic tells by itself.</summary>
    public TimeSpan ReadyPause { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Of an answer's body: a health page is a word or a small document.</summary>
    public int MaxBodyBytes { get; init; } = 16 * 1024;

    /// <summary>Asks under way at once over all backends: each may last <see cref="MaxTimeout"/>.</summary>
    public int Parallelism { get; init; } = 512;
}

/// <summary>One backend to ask.</summary>
/// <param name="HealthPath">As <see cref="HttpService.HealthPath"/>.</param>
public sealed record ProbeTarget(DeploymentId Deployment, RouteBackend Backend, string HealthPath);
