using System.Net;

namespace Rouse.Server.ServiceJobs;

/// <summary>A body as the very bytes that came, with their length.</summary>
/// <param name="sent">Called after each part.</param>
internal sealed class SpooledContent(Stream body, long bytes, Action sent) : HttpContent
{
    private const int PartBytes = 64 * 1024;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        body.Position = 0;
        var part = new byte[(int)Math.Min(PartBytes, Math.Max(1, bytes))];
        while (await body.ReadAsync(part, cancellationToken) is > 0 and var read)
        {
            await stream.WriteAsync(part.AsMemory(0, read), cancellationToken);
            sent();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = bytes;
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) body.Dispose();
        base.Dispose(disposing);
    }
}
