namespace Rouse.Providers.Runpod;

/// <summary>
/// Where Runpod has data centers, and which words name them: a data center itself (<c>EU-RO-1</c>), or the first word of its id (<c>EU</c>), as the
/// seed's region words do. The table is that of REST v1's document; data centers the live catalogue shows are learned, and go before it. Thread-safe.
/// </summary>
internal sealed class RunpodRegions
{
    /// <summary>More data centers than Runpod will have: a catalogue gone wrong must not fill the memory.</summary>
    private const int MaxLearned = 500;

    private static readonly HashSet<string> s_table = new(
        [
            "EU-RO-1", "CA-MTL-1", "EU-SE-1", "US-IL-1", "EUR-IS-1", "EU-CZ-1", "US-TX-3", "EUR-IS-2", "US-KS-2", "US-GA-2", "US-WA-1", "US-TX-1", "CA-MTL-3",
            "EU-NL-1", "US-TX-4", "US-CA-2", "US-NC-1", "OC-AU-1", "US-DE-1", "EUR-IS-3", "CA-MTL-2", "AP-JP-1", "EUR-NO-1", "EU-FR-1", "US-KS-3", "US-GA-1",
        ],
        StringComparer.OrdinalIgnoreCase);

    private readonly Lock _gate = new();
    private HashSet<string> _live = new(StringComparer.OrdinalIgnoreCase);

    public bool Knows(string word) => Resolve(word).Count > 0;

    /// <summary>The data centers a word names; none when it names none. <c>EU</c> takes in <c>EUR</c>, the same continent.</summary>
    public IReadOnlyList<string> Resolve(string word)
    {
        var live = Find(Volatile.Read(ref _live), word);
        return live.Count > 0 ? live : Find(s_table, word);
    }

    public void Learn(IEnumerable<GpuReply> gpus)
    {
        lock (_gate)
        {
            var centers = gpus.SelectMany(gpu => gpu.DataCenters ?? []).Select(center => center.Id).OfType<string>();
            var fresh = centers.Where(center => !_live.Contains(center)).Distinct(StringComparer.OrdinalIgnoreCase).Take(MaxLearned - _live.Count).ToList();
            if (fresh.Count > 0) Volatile.Write(ref _live, new HashSet<string>([.. _live, .. fresh], StringComparer.OrdinalIgnoreCase));
        }
    }

    private static IReadOnlyList<string> Find(HashSet<string> known, string word) =>
        known.TryGetValue(word, out var exact) ? [exact] : [.. known.Where(center => IsIn(center, word)).Order(StringComparer.Ordinal)];

    private static bool IsIn(string center, string word)
    {
        var continent = center.Split('-')[0];
        return continent.Equals(word, StringComparison.OrdinalIgnoreCase)
            || (continent.Equals("EUR", StringComparison.OrdinalIgnoreCase) && word.Equals("EU", StringComparison.OrdinalIgnoreCase));
    }
}
