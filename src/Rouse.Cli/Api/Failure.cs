using System.Diagnostics.CodeAnalysis;

namespace Rouse.Cli.Api;

/// <summary>An expected end that is no success: one line of what, one of what to do next.</summary>
/// <param name="Code">Stable: the server's own code where it gave one.</param>
internal sealed record Failure(ExitCode Exit, string Code, string What, string Next)
{
    /// <summary>Of the server's answer; null when there was none.</summary>
    public int? Status { get; init; }

    public static Failure Usage(string what, string next) => new(ExitCode.Usage, "USAGE", what, next);
}

/// <summary>What a call gave: a value or a <see cref="Failure"/>, never both.</summary>
internal readonly struct Reply<T>
    where T : class
{
    private static readonly Failure s_empty = new(ExitCode.ServerError, "EMPTY_REPLY", "the server's answer was empty", "run `rouse doctor`");

    private readonly T? _value;
    private readonly Failure? _failure;

    private Reply(T? value, Failure? failure) => (_value, _failure) = (value, failure);

    public bool TryGet([NotNullWhen(true)] out T? value, [NotNullWhen(false)] out Failure? failure)
    {
        value = _value;
        failure = _failure ?? (_value is null ? s_empty : null);
        return failure is null;
    }

    public static implicit operator Reply<T>(T value) => new(value, null);

    public static implicit operator Reply<T>(Failure failure) => new(null, failure);
}
