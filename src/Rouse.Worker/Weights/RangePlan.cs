namespace Rouse.Worker.Weights;

/// <summary>
/// Hands out what is missing of a file, in order, in pieces that shrink towards the end: big ones first, so that few questions are asked;
/// small ones last, so that no connection is left alone with much to do. In order, so that the check sum can follow close behind.
/// </summary>
internal sealed class RangePlan(IReadOnlyList<ByteRange> gaps, DownloadOptions options)
{
    private readonly Lock _gate = new();
    private readonly Stack<ByteRange> _gaps = new(gaps.Reverse());
    private long _left = gaps.Sum(static gap => gap.Length);

    /// <summary>Connections worth opening.</summary>
    public int Width => (int)Math.Clamp((_left + options.MinPiece - 1) / options.MinPiece, 0, options.Connections);

    public bool TryTake(out ByteRange piece)
    {
        lock (_gate)
        {
            if (!_gaps.TryPop(out piece)) return false;
            var size = Math.Clamp(_left / (2 * options.Connections), options.MinPiece, options.MaxPiece);
            // A rest smaller than the smallest piece goes along.
            if (piece.Length - size >= options.MinPiece)
            {
                _gaps.Push(new ByteRange(piece.Start + size, piece.End));
                piece = new ByteRange(piece.Start, piece.Start + size);
            }

            _left -= piece.Length;
            return true;
        }
    }
}
