namespace Rouse.FakeRunpod.Catalog;

/// <summary>
/// What can be had of a GPU pool, or of a type that is in none. Set by tests at any time; a change of price counts from the next start of a
/// container.
/// </summary>
public sealed class Stock
{
    /// <summary>As many as nobody takes in a test.</summary>
    public const int Plenty = 1_000;

    internal Stock(string pool, decimal serverless, IEnumerable<string> dataCenters)
    {
        (Pool, ServerlessPrice) = (pool, serverless);
        DataCenters = [.. dataCenters];
    }

    /// <summary>The pool's id; of a GPU type that is in no pool, the type's id.</summary>
    public string Pool { get; }

    /// <summary>GPUs in all, taken and free.</summary>
    public int Capacity { get; set; } = Plenty;

    /// <summary><c>NONE</c>, <c>LOW</c>, <c>MEDIUM</c> or <c>HIGH</c>; null: told from what is free.</summary>
    public string? Level { get; set; }

    /// <summary>$ per GPU and hour.</summary>
    public decimal ServerlessPrice { get; set; }

    /// <summary>Pod prices by GPU type id where they differ from the list: $ per hour.</summary>
    public Dictionary<string, decimal> PodPrices { get; } = new(StringComparer.Ordinal);

    public IReadOnlyList<string> DataCenters { get; set; }
}
