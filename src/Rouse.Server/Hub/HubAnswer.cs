namespace Rouse.Server.Hub;

/// <summary>What the hub said; with <see cref="Trouble"/>, that it said nothing.</summary>
/// <param name="ErrorCode">The hub's <c>X-Error-Code</c>.</param>
/// <param name="RetryAfter">How long it asked us to wait, when it did.</param>
internal sealed record HubAnswer(int Status, byte[] Body, string? ErrorCode = null, TimeSpan? RetryAfter = null)
{
    /// <summary>Why there is no answer, in words that may be shown; null when there is one.</summary>
    public string? Trouble { get; private init; }

    /// <summary>The body is longer than what was allowed for it.</summary>
    public bool IsTooLarge { get; init; }

    public bool IsGood => Trouble is null && !IsTooLarge && Status is >= 200 and < 300;

    /// <summary>Another try may end otherwise.</summary>
    public bool IsPassing => Trouble is not null || Status is 408 or 429 or >= 500;

    /// <summary>What happened, for people.</summary>
    public string Words => Trouble ?? (IsTooLarge ? "its answer is too large" : $"HTTP {Status}");

    public static HubAnswer None(string trouble) => new(0, []) { Trouble = trouble };
}
