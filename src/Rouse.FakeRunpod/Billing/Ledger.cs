namespace Rouse.FakeRunpod.Billing;

/// <summary>Every charge there ever was. Guarded by the world's lock.</summary>
internal sealed class Ledger(TimeProvider time)
{
    private readonly List<Charge> _charges = [];
    private readonly List<Charge> _open = [];
    private readonly Dictionary<string, decimal> _closed = new(StringComparer.Ordinal);

    public IReadOnlyList<Charge> Charges => _charges;

    public Charge Open(string account, ChargeKind kind, string resource, decimal dollarsPerHour)
    {
        var charge = new Charge(account, kind, resource, dollarsPerHour, time.GetUtcNow());
        _charges.Add(charge);
        _open.Add(charge);
        return charge;
    }

    public void Close(Charge? charge)
    {
        if (charge is not { End: null }) return;
        charge.End = time.GetUtcNow();
        _open.Remove(charge);
        _closed[charge.Account] = _closed.GetValueOrDefault(charge.Account) + charge.Amount(charge.End.Value);
    }

    public void CloseAll(string resource)
    {
        foreach (var charge in _open.Where(charge => charge.ResourceId == resource).ToList()) Close(charge);
    }

    public decimal Spent(string account)
    {
        var now = time.GetUtcNow();
        return _closed.GetValueOrDefault(account) + _open.Where(charge => charge.Account == account).Sum(charge => charge.Amount(now));
    }

    public decimal SpendPerHour(string account) =>
        _open.Where(charge => charge.Account == account).Sum(static charge => charge.DollarsPerHour);

    public Bill Of(string resource)
    {
        var now = time.GetUtcNow();
        var charges = _charges.Where(charge => charge.ResourceId == resource).ToList();
        return new Bill(charges.Sum(charge => charge.Seconds(now)), charges.Sum(charge => charge.Amount(now)));
    }
}
