namespace Rouse.FakeRunpod.Accounts;

/// <summary>One customer. Keys of the same account see the same things.</summary>
internal sealed class Account(string name)
{
    public string Name { get; } = name;

    public HashSet<string> Keys { get; } = new(StringComparer.Ordinal);

    /// <summary>Dollars paid in; what was spent is the ledger's business.</summary>
    public decimal Deposited { get; set; }

    /// <summary>Set by a test, else by balance.</summary>
    public int? Quota { get; set; }

    /// <summary>Most workers over all endpoints for a balance: docs.runpod.io serverless/endpoints, read 2026-08.</summary>
    public static int QuotaFor(decimal balance) => balance switch
    {
        >= 900 => 60,
        >= 700 => 50,
        >= 500 => 40,
        >= 300 => 30,
        >= 200 => 20,
        >= 100 => 10,
        _ => 5,
    };
}
