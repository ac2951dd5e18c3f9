namespace Rouse.FakeRunpod.World;

/// <summary>Gathers when something falls due next, while a step of the world runs.</summary>
internal sealed class Moment(DateTimeOffset now)
{
    public DateTimeOffset Now { get; } = now;

    public DateTimeOffset? Next { get; private set; }

    /// <summary>Whether this is due; if not, the world wakes up when it is.</summary>
    public bool IsDue(DateTimeOffset at)
    {
        if (at <= Now) return true;
        if (Next is null || at < Next) Next = at;
        return false;
    }
}
