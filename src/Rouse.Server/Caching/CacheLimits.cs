namespace Rouse.Server.Caching;

/// <summary>The bounds of the cache. Deployments never wait for a fill, so a fill may take its time; memory may not be taken so.</summary>
internal sealed record CacheLimits
{
    /// <summary>Fills at once on one server: they share its network with everything else.</summary>
    public int Fills { get; init; } = 2;

    /// <summary>What is due and looked at in one go: more than all servers together have in work, or none of what nobody works on would be seen.</summary>
    public int Due { get; init; } = 100;

    /// <summary>Bytes of one part of an upload. S3 takes 5 MiB to 5 GiB; what has more than <see cref="MaxParts"/> of these gets bigger ones.</summary>
    public int PartBytes { get; init; } = 16 << 20;

    /// <summary>Parts of one upload; S3 takes 10,000.</summary>
    public int MaxParts { get; init; } = 9_000;

    /// <summary>Parts of one fill in memory: one is read from the hub while the others are sent.</summary>
    public int PartsInMemory { get; init; } = 3;

    /// <summary>Bytes of one file: its parts are 122 MiB each then, and are kept in memory.</summary>
    public long MaxFileBytes { get; init; } = 1L << 40;

    /// <summary>Bytes of a file beside the weights (tokenizers, configurations); what is bigger is no such file.</summary>
    public long MaxCompanionBytes { get; init; } = 64 << 20;

    /// <summary>What a killed server's fill waits for until another goes on with it.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often what is due is looked for; a deployment that asks is heard at once.</summary>
    public TimeSpan Look { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Before the second try of a fill; doubled before each further one.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(15);

    public TimeSpan LongestPause { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Tries in a row, over about two hours, after which a fill is given up until a deployment asks again.</summary>
    public int Tries { get; init; } = 10;

    /// <summary>How long a worker may read with the addresses it was given. It asks for new ones when they have run out.</summary>
    public TimeSpan AddressesLive { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Of a worker's question: while it waits it could be loading from the hub.</summary>
    public TimeSpan LookupTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the hub may take to say which commit is meant, before what it meant last is taken.</summary>
    public TimeSpan HubPatience { get; init; } = TimeSpan.FromSeconds(8);
}
