using System.Runtime.InteropServices;

namespace Rouse.Gateway.Readiness;

public enum ReadyState
{
    /// <summary>Nobody has asked yet, or no answer came to tell from.</summary>
    Unknown,
    NotReady,

    /// <summary>It answers, and says that it cannot work yet.</summary>
    Warming,
    Ready,
}

/// <summary>What asking a backend whether it can work came to.</summary>
/// <param name="Why">A sentence for whoever waits; null for one that is ready.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Verdict(ReadyState State, string? Why = null)
{
    public bool IsReady => State == ReadyState.Ready;
}
