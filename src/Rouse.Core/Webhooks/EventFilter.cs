namespace Rouse.Core.Webhooks;

/// <summary>Which events an endpoint wants: types of <see cref="EventTypes"/>, <c>deployment.*</c>, <c>job.*</c> or <c>*</c>.</summary>
public sealed record EventFilter
{
    private static readonly string[] s_groups = ["*", "deployment.*", "job.*"];

    private EventFilter(IReadOnlyList<string> patterns) => Patterns = patterns;

    /// <summary>How a deployment's start and its life end: what a caller waits for. Phases and jobs come only when asked for.</summary>
    public static EventFilter Default { get; } = new([EventTypes.Ready, EventTypes.Failed, EventTypes.Deleted]);

    /// <summary>What can be written in a filter.</summary>
    public static IReadOnlyList<string> Known { get; } = [.. EventTypes.All, .. s_groups];

    public IReadOnlyList<string> Patterns { get; }

    public bool WantsJobs => EventTypes.All.Any(type => type.StartsWith("job.", StringComparison.Ordinal) && Matches(type));

    /// <param name="patterns">At least one, each of <see cref="Known"/>; repeats count once.</param>
    public static bool TryCreate(IReadOnlyList<string> patterns, out EventFilter? filter)
    {
        var ok = patterns.Count > 0 && patterns.All(pattern => Known.Contains(pattern, StringComparer.Ordinal));
        filter = ok ? new EventFilter([.. patterns.Distinct(StringComparer.Ordinal)]) : null;
        return ok;
    }

    /// <summary>From <see cref="ToString"/>.</summary>
    public static EventFilter Parse(string text) =>
        TryCreate(text.Split(' '), out var filter) ? filter! : throw new FormatException($"'{text}' is not a filter of events.");

    public bool Matches(string type) => Patterns.Any(pattern =>
        pattern == "*" || pattern == type || (pattern.EndsWith(".*", StringComparison.Ordinal) && type.StartsWith(pattern.AsSpan(0, pattern.Length - 1), StringComparison.Ordinal)));

    public bool Equals(EventFilter? other) => other is not null && Patterns.SequenceEqual(other.Patterns, StringComparer.Ordinal);

    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(ToString());

    public override string ToString() => string.Join(' ', Patterns);
}
