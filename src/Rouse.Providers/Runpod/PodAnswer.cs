namespace Rouse.Providers.Runpod;

internal enum PodAnswer
{
    Done,

    /// <summary>The pod is in a state that does not allow it; the one asked for, perhaps.</summary>
    NotInThisState,
    Absent,
}
