using System.Buffers.Binary;
using System.IO.Compression;

namespace Rouse.Worker.Engines.Images;

/// <summary>Writes RGB pictures as PNG (W3C PNG, third edition): 8 bits a channel, no metadata, so equal pixels are equal bytes.</summary>
internal static class PngWriter
{
    private const int Channels = 3;
    private const byte TrueColour = 2, BitDepth = 8;

    /// <param name="pixels">Rows from the top, RGB for each pixel.</param>
    /// <param name="width">Pixels.</param>
    /// <param name="height">Pixels.</param>
    public static byte[] Write(ReadOnlySpan<byte> pixels, int width, int height)
    {
        if (pixels.Length != (long)width * height * Channels) throw new ArgumentException("The pixels do not fill the picture.", nameof(pixels));
        var header = new byte[13]; // the last three: deflate, adaptive filters, not interlaced
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        header[8] = BitDepth;
        header[9] = TrueColour;

        using var png = new MemoryStream();
        png.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        WriteChunk(png, "IHDR"u8, header);
        WriteChunk(png, "IDAT"u8, Compress(pixels, width * Channels));
        WriteChunk(png, "IEND"u8, []);
        return png.ToArray();
    }

    private static byte[] Compress(ReadOnlySpan<byte> pixels, int stride)
    {
        using var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            Span<byte> above = new byte[stride];
            var filter = new PngFilter(stride, Channels);
            for (var start = 0; start < pixels.Length; start += stride)
            {
                var row = pixels.Slice(start, stride);
                zlib.Write(filter.Best(row, above));
                row.CopyTo(above);
            }
        }

        return compressed.ToArray();
    }

    private static void WriteChunk(MemoryStream png, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        png.Write(number);
        png.Write(type);
        png.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Of(type, data));
        png.Write(number);
    }
}
