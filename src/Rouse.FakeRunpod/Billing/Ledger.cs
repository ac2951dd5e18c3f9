namespace Rouse.FakeRunpod.Billing;

/// <summary>Every charge there ever was. Guarded by the world's lock.</summary>
internal sealed class Ledger(TimeProvider time)
{
    private readonly List<Charge> _charges = [];

    public IReadOnlyList<Charge> Charges => _charges;

    public Charge Open(string account, ChargeKind kind, string resource, decimal dollarsPerHour)
    {
        var charge = new Charge(account, kind, resource, dollarsPerHour, time.GetUtcNow());
        _charges.Add(charge);
        return charge;
    }

    public void Close(Charge? charge)
    {
        if (charge is { End: null }) charge.End = time.GetUtcNow();
    }

    public void CloseAll(string resource)
    {
        foreach (var charge in _charges.Where(charge => charge.ResourceId == resource)) Close(charge);
    }

    public decimal Spent(string account)
    {
        var now = time.GetUtcNow();
        return _charges.Where(charge => charge.Account == account).Sum(charge => charge.Amount(now));
    }

    public decimal SpendPerHour(string account) =>
        _charges.Where(charge => charge.Account == account && charge.End is null).Sum(static charge => charge.DollarsPerHour);

    public Bill Of(string resource)
    {
        var now = time.GetUtcNow();
        var charges = _charges.Where(charge => charge.ResourceId == resource).ToList();
        return new Bill(charges.Sum(charge => charge.Seconds(now)), charges.Sum(charge => charge.Amount(now)));
    }
}
