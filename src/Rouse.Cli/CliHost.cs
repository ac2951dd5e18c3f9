namespace Rouse.Cli;

/// <summary>What the commands touch of the world around them; the composition root gives the real one, tests give theirs.</summary>
internal sealed record CliHost
{
    /// <summary>Results only: what a script reads.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Progress, notes and errors: what a person reads.</summary>
    public required TextWriter Error { get; init; }

    public required Func<Stream> OpenInput { get; init; }

    public bool OutIsTerminal { get; init; }

    public bool ErrorIsTerminal { get; init; }

    /// <summary>Whether the terminal shows more than ASCII.</summary>
    public bool Unicode { get; init; }

    public required Func<string, string?> Variable { get; init; }

    /// <summary>The current folder: relative paths start here.</summary>
    public required string Folder { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>Fills its argument from a cryptographic source: idempotency keys and retry jitter.</summary>
    public required Action<byte[]> FillRandom { get; init; }

    public string ResolvePath(string path) => Path.GetFullPath(path, Folder);
}
