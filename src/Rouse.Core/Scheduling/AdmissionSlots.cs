namespace Rouse.Core.Scheduling;

/// <summary>The places at the backends of one deployment.</summary>
internal sealed class AdmissionSlots
{
    private readonly List<AdmissionSlot> _slots = [];
    private int _present;

    /// <summary>Requests that one backend takes at a time.</summary>
    public int Concurrency { get; private set; }

    /// <summary>Places there are, taken or not.</summary>
    public int Places => _present * Concurrency;

    /// <summary>A backend that is gone keeps what is in flight there, so that it is not counted to another, and counts again when it comes back.</summary>
    public void Change(IReadOnlyList<string> backends, int concurrency)
    {
        Concurrency = Math.Max(1, concurrency);
        foreach (var slot in _slots) slot.IsPresent = false;
        foreach (var id in backends)
        {
            if (_slots.Find(slot => slot.Backend == id) is { } known) known.IsPresent = true;
            else _slots.Add(new AdmissionSlot(id) { IsPresent = true });
        }

        _slots.RemoveAll(slot => slot is { IsPresent: false, InFlight: 0 });
        _present = _slots.Count(slot => slot.IsPresent);
    }

    /// <summary>A place at the backend that has the least to do; null when none is free.</summary>
    public AdmissionSlot? TryTake()
    {
        AdmissionSlot? best = null;
        foreach (var slot in _slots)
        {
            if (slot.IsPresent && slot.InFlight < (best?.InFlight ?? Concurrency)) best = slot;
        }

        if (best is not null) best.InFlight++;
        return best;
    }

    public void Return(AdmissionSlot slot)
    {
        if (--slot.InFlight == 0 && !slot.IsPresent) _slots.Remove(slot);
    }
}

internal sealed class AdmissionSlot(string backend)
{
    public string Backend => backend;

    public int InFlight { get; set; }

    public bool IsPresent { get; set; }
}
