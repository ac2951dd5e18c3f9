namespace Rouse.Store.Idempotency;

/// <param name="Scope">The operation, such as <c>POST /v1/deployments</c>: one key may serve several.</param>
/// <param name="Key">The caller's, at most 255 characters.</param>
/// <param name="Fingerprint">SHA-256 of the request.</param>
public sealed record IdempotencyKey(string Scope, string Key, byte[] Fingerprint);

/// <summary>What the first request was answered with, and every repetition will be.</summary>
public sealed record RecordedReply(IdempotencyKey Key, int Status, string Body);

/// <summary>What a key already means.</summary>
public abstract record IdempotencyOutcome
{
    private IdempotencyOutcome()
    {
    }

    /// <summary>Nothing: go on. The key is this request's now.</summary>
    public sealed record Fresh : IdempotencyOutcome
    {
        public static Fresh Instance { get; } = new();
    }

    /// <summary>The request was answered before: answer the same.</summary>
    public sealed record Replay(int Status, string Body) : IdempotencyOutcome;

    /// <summary>The first request still runs (409).</summary>
    public sealed record InProgress : IdempotencyOutcome;

    /// <summary>The key was used for another request (422).</summary>
    public sealed record Conflict : IdempotencyOutcome;
}
