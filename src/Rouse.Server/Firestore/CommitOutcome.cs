namespace Rouse.Server.Firestore;

/// <param name="Why">Without anything Firestore said: its texts quote documents.</param>
internal readonly record struct CommitOutcome(CommitKind Kind, string Why);

internal enum CommitKind
{
    Done,
    Refused,
    Unauthorized,

    /// <summary>Worth another try later: overload, an outage, a right that an operator has to grant first.</summary>
    Busy,
}
