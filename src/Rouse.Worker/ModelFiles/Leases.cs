namespace Rouse.Worker.ModelFiles;

/// <summary>
/// The files this worker may be using: a shared <c>flock</c> on each of those it obtained last, so that no worker of this machine removes one. Workers of
/// other machines on the same volume go by the time of last use (<see cref="CleanUpPlan.InUseFor"/>).
/// </summary>
internal sealed class Leases : IDisposable
{
    /// <summary>More than a job uses at once; each costs a file handle.</summary>
    public const int MaxHeld = 64;

    private readonly Lock _gate = new();
    private readonly LinkedList<(string Path, FileStream Handle)> _held = [];

    /// <summary>Call while the file's own lock is held.</summary>
    public void Take(string path)
    {
        lock (_gate)
        {
            var held = _held.First;
            while (held is not null && held.Value.Path != path) held = held.Next;
            if (held is null)
            {
                held = new((path, new FileStream(path, FileMode.OpenOrCreate, FileAccess.Read, FileShare.Read)));
            }
            else
            {
                _held.Remove(held);
            }

            _held.AddLast(held);
            if (_held.Count <= MaxHeld) return;
            _held.First!.Value.Handle.Dispose();
            _held.RemoveFirst();
        }
    }

    /// <summary>Nobody holds it, on this machine.</summary>
    public static IDisposable? TryTakeAlone(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var (_, handle) in _held) handle.Dispose();
            _held.Clear();
        }
    }
}
