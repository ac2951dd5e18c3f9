using Rouse.Core.Tenancy;

namespace Rouse.Server.Spool;

/// <summary>Room in the spool for one body. Disposed, it is given back, unless the store counts it from now on (<see cref="Settle"/>).</summary>
internal sealed class SpoolClaim(SpoolRoom room, TenantId tenant) : IDisposable
{
    public TenantId Tenant => tenant;

    /// <summary>Why there was no more room when it was last asked for; null when there was.</summary>
    public SpoolRefusal? Refusal { get; internal set; }

    internal long Bytes { get; set; }

    internal long Written { get; set; }

    internal int SettledIn { get; set; }

    /// <summary>So many bytes of the body are written next, from its beginning.</summary>
    /// <returns>False, and a <see cref="Refusal"/>, when there is no room for them.</returns>
    public bool Take(long bytes)
    {
        if (!room.TryGrow(this, bytes)) return false;
        room.Write(this, bytes);
        return true;
    }

    /// <summary>The store has, or may have, a row of the body.</summary>
    public void Settle() => room.Settle(this);

    public void Dispose() => room.GiveBack(this);
}
