namespace Rouse.Contracts.Deployments;

/// <summary>Bounds of a deployment request: the parser's, and through attributes the document's. Lengths in characters.</summary>
public static class DeploymentBounds
{
    /// <summary>256 of the repository, the at sign, 128 of the revision.</summary>
    public const int MaxModelId = 385;

    public const int MaxPath = 4096;

    /// <summary>Longer than any tier, region, time zone or list of days.</summary>
    public const int MaxWord = 128;

    /// <summary>Providers' keys and hub tokens have fewer than 100 today.</summary>
    public const int MaxToken = 512;

    /// <summary>What browsers and proxies agree to carry.</summary>
    public const int MaxUrl = 2048;

    /// <summary>A day, for timeouts.</summary>
    public const int MaxSeconds = 86_400;

    /// <summary>Of one deployment: more is a fleet, and asked for with more deployments.</summary>
    public const int MaxWorkers = 64;

    public const double MinScalerValue = 0.5;
    public const double MaxScalerValue = 10_000;

    /// <summary>Goes into headers of requests: printable ASCII without blanks.</summary>
    public const string Token = "^[!-~]+$";

    /// <summary>A word of the user's choice; also what a DNS label may be.</summary>
    public const string Name = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$";
}
