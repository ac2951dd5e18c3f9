using System.Globalization;
using System.Text;

namespace Rouse.Fuzz.Run;

/// <summary>What was answered how often, by operation.</summary>
internal sealed class Tally
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _good = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, SortedDictionary<int, int>> _byOperation = new(StringComparer.Ordinal);

    public int Total { get; private set; }

    /// <param name="status">0: the caller left before the answer.</param>
    /// <param name="isOwn">It was sent with the operation's own method.</param>
    public void Add(string operation, int status, bool isOwn)
    {
        lock (_gate)
        {
            Total++;
            if (isOwn && status is >= 200 and < 300) _good.Add(operation);
            if (!_byOperation.TryGetValue(operation, out var statuses)) _byOperation[operation] = statuses = [];
            statuses[status] = statuses.GetValueOrDefault(status) + 1;
        }
    }

    /// <summary>Operations of which nothing was ever answered with success: there only the refusals were tried.</summary>
    public IReadOnlyList<string> NeverGood()
    {
        lock (_gate) return [.. _byOperation.Keys.Except(_good, StringComparer.Ordinal)];
    }

    public string Table(TimeSpan elapsed)
    {
        lock (_gate)
        {
            var text = new StringBuilder("| operation | cases | by status |\n|---|---:|---|\n");
            foreach (var (operation, statuses) in _byOperation)
            {
                text.Append(CultureInfo.InvariantCulture, $"| {operation} | {statuses.Values.Sum():N0} | {string.Join(", ", statuses.Select(Words))} |\n");
            }

            return text.Append(CultureInfo.InvariantCulture, $"{Total:N0} requests in {elapsed.TotalSeconds:0.0} s: {Total / elapsed.TotalSeconds:N0} a second\n").ToString();
        }
    }

    private static string Words(KeyValuePair<int, int> status) => string.Create(CultureInfo.InvariantCulture, $"{(status.Key == 0 ? "left" : status.Key)} × {status.Value}");
}
