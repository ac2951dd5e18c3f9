namespace Rouse.Contracts.Deployments;

/// <summary>Bounds of <see cref="ServiceBody"/>: the parser's, and through attributes the document's. Lengths in characters.</summary>
public static class ServiceBounds
{
    /// <summary>255 of the name, 128 of the tag, 71 of the digest, and a registry's host with its port.</summary>
    public const int MaxImage = 512;

    /// <summary>A command line that people still read.</summary>
    public const int MaxArgs = 4096;

    /// <summary>Runpod's have 14 characters.</summary>
    public const int MaxProviderId = 64;

    /// <summary>More than any image of note reads.</summary>
    public const int MaxVariables = 64;

    public const int MaxVariableName = 128;

    /// <summary>A certificate or a service account's key fits.</summary>
    public const int MaxVariableValue = 16_384;

    /// <summary>Names and values together, in bytes: they are sealed and opened as one.</summary>
    public const int MaxVariableBytes = 65_536;

    public const int MaxPort = 65_535;

    /// <summary>Requests at a time at one backend: beyond it the operating system's sockets are the bound.</summary>
    public const int MaxConcurrency = 4096;

    /// <summary>Of one deployment: ten thousand held requests are tens of MB.</summary>
    public const int MaxQueue = 10_000;

    /// <summary>1 GiB, in bytes: held bodies may lie in memory.</summary>
    public const long MaxQueueBytes = 1L << 30;

    /// <summary>16 GiB, in bytes: bodies stream through, so what bounds them is the time they take.</summary>
    public const long MaxBodyBytes = 16L << 30;

    /// <summary>With pauses of an hour that is most of a day.</summary>
    public const int MaxRetries = 20;

    /// <summary>An hour, between two tries.</summary>
    public const int MaxRetryDelaySeconds = 3600;

    /// <summary>Eight of the largest GPU that is sold, in GB.</summary>
    public const int MaxVramGb = 2304;

    /// <summary>As POSIX has them.</summary>
    public const string VariableName = "^[A-Za-z_][A-Za-z0-9_]*$";

    /// <summary>Ids at a provider.</summary>
    public const string ProviderId = "^[A-Za-z0-9_-]+$";

    /// <summary>A path without a query, in printable ASCII.</summary>
    public const string Path = "^/[!-\"$->@-~]*$";
}
