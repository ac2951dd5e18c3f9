namespace Rouse.Worker.Weights;

/// <summary>Bytes from <paramref name="Start"/> (inclusive) to <paramref name="End"/> (exclusive).</summary>
internal readonly record struct ByteRange(long Start, long End)
{
    public long Length => End - Start;
}

/// <summary>Disjoint ranges in order, joined where they touch.</summary>
internal sealed class RangeSet
{
    private readonly List<ByteRange> _ranges = [];

    /// <summary>Where the run that starts at byte 0 ends.</summary>
    public long Prefix => _ranges is [{ Start: 0 } first, ..] ? first.End : 0;

    public long Total => _ranges.Sum(static range => range.Length);

    public void Add(ByteRange added)
    {
        if (added.Length <= 0) return;
        var from = _ranges.FindIndex(range => range.End >= added.Start);
        if (from < 0)
        {
            _ranges.Add(added);
            return;
        }

        var to = from;
        while (to < _ranges.Count && _ranges[to].Start <= added.End)
        {
            added = new ByteRange(Math.Min(added.Start, _ranges[to].Start), Math.Max(added.End, _ranges[to].End));
            to++;
        }

        _ranges.RemoveRange(from, to - from);
        _ranges.Insert(from, added);
    }

    /// <summary>What is missing of the first <paramref name="size"/> bytes, in order.</summary>
    public IReadOnlyList<ByteRange> Gaps(long size)
    {
        List<ByteRange> gaps = [];
        var at = 0L;
        foreach (var range in _ranges)
        {
            if (range.Start > at) gaps.Add(new ByteRange(at, Math.Min(range.Start, size)));
            at = Math.Max(at, range.End);
        }

        if (at < size) gaps.Add(new ByteRange(at, size));
        return gaps;
    }
}
