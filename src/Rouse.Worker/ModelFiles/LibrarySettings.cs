using Rouse.Contracts.Workers;
using Rouse.Worker.Configuration;
using Rouse.Worker.Egress;
using Rouse.Worker.Weights;

namespace Rouse.Worker.ModelFiles;

/// <summary>What the environment says of model files by URL.</summary>
internal sealed record LibrarySettings
{
    private const long GiB = 1L << 30;

    /// <summary>Unit: GiB. Twice the largest image checkpoints.</summary>
    public const int DefaultMaxFile = 64;

    /// <summary>Unit: GiB. A large network volume; the disk itself is looked at besides.</summary>
    public const int DefaultMaxTotal = 500;

    public const int DefaultMaxAgeDays = 30;

    public const int DefaultKeepPopular = 10;

    public required string Folder { get; init; }

    public long MaxFileBytes { get; init; } = DefaultMaxFile * GiB;

    /// <summary>Of all files fetched by workers; what others have put into the folder is neither counted nor removed.</summary>
    public long MaxTotalBytes { get; init; } = DefaultMaxTotal * GiB;

    public TimeSpan MaxAge { get; init; } = TimeSpan.FromDays(DefaultMaxAgeDays);

    public int KeepPopular { get; init; } = DefaultKeepPopular;

    public bool AllowPickle { get; init; }

    public required HostRules Hosts { get; init; }

    /// <summary>Each shown to its own origin only.</summary>
    public IReadOnlyList<OriginToken> Tokens { get; init; } = [];

    public static LibrarySettings Read(Variables variables, HubSettings hub)
    {
        var rules = HostRules.Parse(variables.Optional(ModelFileVariables.AllowHosts), out var wrong);
        if (rules is null) variables.Fail($"{ModelFileVariables.AllowHosts} must list host names such as files.example:8080, not '{wrong}'.");
        List<OriginToken> tokens = [];
        if (variables.Optional(ModelFileVariables.CivitaiKey) is { } civitai) tokens.Add(new OriginToken(new Uri("https://civitai.com"), civitai));
        if (hub.Token is { } token && Variables.IsHttp(hub.Endpoint)) tokens.Add(new OriginToken(new Uri(hub.Endpoint), token));
        return new LibrarySettings
        {
            Folder = variables.Optional(ModelFileVariables.Folder) ?? DefaultFolder(),
            MaxFileBytes = variables.Number(ModelFileVariables.MaxFile, DefaultMaxFile, 1, 10_000) * GiB,
            MaxTotalBytes = variables.Number(ModelFileVariables.MaxTotal, DefaultMaxTotal, 1, 1_000_000) * GiB,
            MaxAge = TimeSpan.FromDays(variables.Number(ModelFileVariables.MaxAge, DefaultMaxAgeDays, 1, 3_650)),
            KeepPopular = variables.Number(ModelFileVariables.KeepPopular, DefaultKeepPopular, 0, 10_000),
            AllowPickle = variables.Switch(ModelFileVariables.AllowPickle, fallback: false),
            Hosts = rules ?? HostRules.Parse(null, out _)!,
            Tokens = tokens,
        };
    }

    private static string DefaultFolder() => Directory.Exists(ModelFileVariables.RunpodVolume)
        ? Path.Combine(ModelFileVariables.RunpodVolume, "models")
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "rouse", "models");
}

/// <param name="Origin">Scheme, host and port; its path is not looked at.</param>
internal sealed record OriginToken(Uri Origin, string Token)
{
    public bool IsFor(Uri url) => url.Scheme == Origin.Scheme && url.Port == Origin.Port && string.Equals(url.IdnHost, Origin.IdnHost, StringComparison.OrdinalIgnoreCase);

    public override string ToString() => $"{Origin.IdnHost} ***";
}
