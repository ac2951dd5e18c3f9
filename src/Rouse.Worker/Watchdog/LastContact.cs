namespace Rouse.Worker.Watchdog;

/// <summary>When any of the servers this worker serves was last heard.</summary>
internal sealed class LastContact(TimeProvider time)
{
    private long _heard = time.GetTimestamp();

    public TimeSpan Silence => time.GetElapsedTime(Volatile.Read(ref _heard));

    public void Heard() => Volatile.Write(ref _heard, time.GetTimestamp());
}
