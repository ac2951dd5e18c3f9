namespace Rouse.Worker.Lifetime;

/// <summary>What the process tells whoever started it. Documented in <c>--help</c>.</summary>
internal enum ExitCode
{
    /// <summary>Asked to stop, given up by the control plane, or the control plane stayed silent.</summary>
    Clean = 0,

    /// <summary>The engine failed several jobs in a row: another machine may do better.</summary>
    BrokenMachine = 1,

    BadConfiguration = 2,

    /// <summary>Reported as <c>failed</c>; starting again would fail again.</summary>
    FatalStart = 3,
}
