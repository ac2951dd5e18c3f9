namespace Rouse.Providers.Local;

/// <summary>Finds and ends processes of this installation by their marks alone.</summary>
internal sealed class OwnedProcesses(string owner, TimeProvider time)
{
    /// <summary>1 s for which a look at /proc is used again: every reconcile pass lists, and each look reads every process.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    /// <summary>50 ms between two looks whether processes have ended.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    /// <summary>2 s for the kernel to end what was sent SIGKILL; longer is a process stuck in a device.</summary>
    private static readonly TimeSpan KillWait = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private IReadOnlyList<FoundProcess> _last = [];
    private long? _lookedAt;

    public IReadOnlyList<FoundProcess> Now() => ProcFs.FindOwned(owner);

    /// <summary>As of the last second, so some of it may have ended. Asking each whether it lives is the caller's, for the few it needs: every pass lists.</summary>
    public IReadOnlyList<FoundProcess> Lately()
    {
        lock (_gate)
        {
            if (_lookedAt is not { } at || time.GetElapsedTime(at) >= Fresh) (_last, _lookedAt) = (Now(), time.GetTimestamp());
            return _last;
        }
    }

    /// <summary>SIGTERM, grace, SIGKILL.</summary>
    /// <returns>Whether none is left.</returns>
    public async Task<bool> EndAsync(Func<FoundProcess, bool> which, TimeSpan grace, CancellationToken ct)
    {
        foreach (var found in Now().Where(which)) ProcFs.Signal(found.Id, Libc.SigTerm);
        var began = time.GetTimestamp();
        while (Now().Where(which).ToList() is { Count: > 0 } left)
        {
            var waited = time.GetElapsedTime(began);
            if (waited >= grace + KillWait) return false;
            if (waited >= grace) left.ForEach(found => ProcFs.Signal(found.Id, Libc.SigKill));
            await Task.Delay(Look, time, ct);
        }

        return true;
    }
}
