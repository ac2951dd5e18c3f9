namespace Rouse.Server.Hub;

/// <summary>The bounds of what is asked of the model hub. A start waits for this, so they are short.</summary>
internal sealed record HubOptions
{
    /// <summary>Of one try, its body included.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Tries of one call while the hub is busy or does not answer.</summary>
    public int Tries { get; init; } = 3;

    /// <summary>Before the second try; doubled before each further one, and spread by up to a half.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest <c>Retry-After</c> waited for in place; a longer one is told to the caller, who has other things to do.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Of all calls of one inspection together: a caller who plans waits for it, 30 s at most.</summary>
    public TimeSpan InspectionLimit { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>How long an inspection is remembered: a burst of equal deployments asks once, a moved branch is soon seen.</summary>
    public TimeSpan Freshness { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The same for a refusal: somebody may be accepting the model's terms in another window just now.</summary>
    public TimeSpan RefusalFreshness { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Inspections remembered at once.</summary>
    public int MaxRemembered { get; init; } = 256;

    /// <summary>Bytes of a listing: tens of thousands of files.</summary>
    public int MaxListingBytes { get; init; } = 8 << 20;

    /// <summary>Weights files of one repository; the largest models have a few hundred.</summary>
    public int MaxWeightFiles { get; init; } = 2_000;

    /// <summary>Safetensors headers read for one model. Beyond it file sizes stand in.</summary>
    public int MaxHeaders { get; init; } = 64;

    /// <summary>Bytes of one safetensors header; that of a large language model's shard has some hundred KiB.</summary>
    public int MaxHeaderBytes { get; init; } = 8 << 20;

    /// <summary>Headers read at once.</summary>
    public int ParallelHeaders { get; init; } = 8;
}
