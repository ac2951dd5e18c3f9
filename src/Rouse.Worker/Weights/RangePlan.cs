namespace Rouse.Worker.Weights;

/// <summary>
/// Hands out what is missing of a file, in order, so that the check sum can follow close behind. Pieces grow from small ones, so that it can
/// begin early; are big in the middle, so that few questions are asked; and shrink, so that no connection is left alone with much to do.
/// </summary>
internal sealed class RangePlan(IReadOnlyList<ByteRange> gaps, DownloadOptions options)
{
    private readonly Lock _gate = new();
    private readonly Stack<ByteRange> _gaps = new(gaps.Reverse());
    private long _left = gaps.Sum(static gap => gap.Length);
    private long _given;

    /// <summary>Connections worth opening.</summary>
    public int Width => (int)Math.Clamp((_left + options.MinPiece - 1) / options.MinPiece, 0, options.Connections);

    public bool TryTake(out ByteRange piece)
    {
        lock (_gate)
        {
            if (!_gaps.TryPop(out piece)) return false;
            var size = Math.Clamp(Math.Min(_given, _left / 2) / options.Connections, options.MinPiece, options.MaxPiece);
            // A rest smaller than the smallest piece goes along.
            if (piece.Length - size >= options.MinPiece)
            {
                _gaps.Push(new ByteRange(piece.Start + size, piece.End));
                piece = new ByteRange(piece.Start, piece.Start + size);
            }

            (_given, _left) = (_given + piece.Length, _left - piece.Length);
            return true;
        }
    }
}
