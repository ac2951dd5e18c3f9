namespace Rouse.Worker.Engines.Images;

/// <summary>
/// PNG's row filters (§9): each byte as its difference from a guess made of the bytes left, above and above-left of it. The filter whose
/// differences are smallest in sum is taken, which is the standard's own advice (§12.7).
/// </summary>
internal sealed class PngFilter
{
    private const int Filters = 5;
    private readonly int _stride, _pixelBytes;
    private readonly byte[][] _rows = new byte[Filters][];

    public PngFilter(int stride, int pixelBytes)
    {
        (_stride, _pixelBytes) = (stride, pixelBytes);
        for (var kind = 0; kind < Filters; kind++)
        {
            _rows[kind] = new byte[stride + 1];
            _rows[kind][0] = (byte)kind;
        }
    }

    /// <summary>The filter's number, then the filtered row. Valid until the next call.</summary>
    public ReadOnlySpan<byte> Best(ReadOnlySpan<byte> row, ReadOnlySpan<byte> above)
    {
        Span<int> sums = stackalloc int[Filters];
        for (var i = 0; i < _stride; i++)
        {
            var left = i < _pixelBytes ? 0 : row[i - _pixelBytes];
            var up = above[i];
            var corner = i < _pixelBytes ? 0 : above[i - _pixelBytes];
            for (var kind = 0; kind < Filters; kind++)
            {
                var guess = kind switch { 0 => 0, 1 => left, 2 => up, 3 => (left + up) / 2, _ => Paeth(left, up, corner) };
                var difference = (byte)(row[i] - guess);
                _rows[kind][i + 1] = difference;
                sums[kind] += Math.Abs((int)(sbyte)difference);
            }
        }

        var best = 0;
        for (var kind = 1; kind < Filters; kind++) best = sums[kind] < sums[best] ? kind : best;
        return _rows[best];
    }

    /// <summary>Of the three, the one nearest to left + up − corner.</summary>
    private static int Paeth(int left, int up, int corner)
    {
        var estimate = left + up - corner;
        var (toLeft, toUp, toCorner) = (Math.Abs(estimate - left), Math.Abs(estimate - up), Math.Abs(estimate - corner));
        return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
    }
}
