using System.Globalization;
using System.Numerics;
using System.Text;

namespace Rouse.Core.Analytics;

/// <summary>
/// How long things took, in few numbers: whole milliseconds up to 31, from there sixteen bins to each doubling. Two of them can be added, so percentiles over any time
/// come from what was kept of its parts, at most 6 % too high.
/// </summary>
public sealed class DurationHistogram
{
    private const int Exact = 32;
    private const int BinsPerDoubling = 16;
    private readonly SortedDictionary<int, long> _bins = [];

    public long Count { get; private set; }

    public void Add(TimeSpan duration) => Add(Bin((long)duration.TotalMilliseconds), 1);

    public void Add(DurationHistogram other)
    {
        foreach (var (bin, count) in other._bins) Add(bin, count);
    }

    /// <summary>Nearest rank, in milliseconds: no more than this share of all took longer. 0 where there is nothing.</summary>
    /// <param name="share">Above 0, up to 1.</param>
    public long At(double share)
    {
        var left = (long)Math.Ceiling(Count * share);
        foreach (var (bin, count) in _bins)
        {
            left -= count;
            if (left <= 0) return Longest(bin);
        }

        return 0;
    }

    /// <summary>As <see cref="Parse"/> reads it.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (bin, count) in _bins) text.Append(CultureInfo.InvariantCulture, $"{(text.Length == 0 ? "" : " ")}{bin}:{count}");
        return text.ToString();
    }

    /// <exception cref="FormatException">It was not written by <see cref="ToString"/>.</exception>
    public static DurationHistogram Parse(string text)
    {
        var histogram = new DurationHistogram();
        foreach (var part in text.AsSpan().Split(' '))
        {
            var pair = text.AsSpan(part);
            if (pair.IsEmpty) continue;
            var colon = pair.IndexOf(':');
            if (colon < 0) throw new FormatException("A bin has no count.");
            histogram.Add(int.Parse(pair[..colon], CultureInfo.InvariantCulture), long.Parse(pair[(colon + 1)..], CultureInfo.InvariantCulture));
        }

        return histogram;
    }

    private void Add(int bin, long count)
    {
        _bins[bin] = _bins.GetValueOrDefault(bin) + count;
        Count += count;
    }

    private static int Bin(long milliseconds)
    {
        if (milliseconds < Exact) return (int)Math.Max(0, milliseconds);
        var doubling = BitOperations.Log2((ulong)milliseconds);
        return Exact + ((doubling - 5) * BinsPerDoubling) + (int)((milliseconds >> (doubling - 4)) & (BinsPerDoubling - 1));
    }

    private static long Longest(int bin)
    {
        if (bin < Exact) return bin;
        var (doubling, part) = Math.DivRem(bin - Exact, BinsPerDoubling);
        var width = 1L << (doubling + 1);
        return ((BinsPerDoubling + part + 1) * width) - 1;
    }
}
