using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Rouse.Worker.Tests.Engines.Images;

/// <summary>A decoder of its own for what the engine writes: checks each chunk's CRC and undoes each filter (W3C PNG §9.2).</summary>
internal sealed record PngReader(int Width, int Height, byte[] Pixels)
{
    private static readonly byte[] Signature = [137, 80, 78, 71, 13, 10, 26, 10];

    public static PngReader Read(byte[] png)
    {
        Assert.Equal(Signature, png[..8]);
        var (position, width, height) = (8, 0, 0);
        using var compressed = new MemoryStream();
        var types = new List<string>();
        while (position < png.Length)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(position));
            var type = png.AsSpan(position + 4, 4);
            var data = png.AsSpan(position + 8, length);
            Assert.Equal(SlowCrc(png.AsSpan(position + 4, 4 + length)), BinaryPrimitives.ReadUInt32BigEndian(png.AsSpan(position + 8 + length)));
            types.Add(Encoding.ASCII.GetString(type));
            if (types[^1] == "IHDR")
            {
                (width, height) = (BinaryPrimitives.ReadInt32BigEndian(data), BinaryPrimitives.ReadInt32BigEndian(data[4..]));
                Assert.Equal([8, 2, 0, 0, 0], data[8..].ToArray());
            }

            if (types[^1] == "IDAT") compressed.Write(data);
            position += 12 + length;
        }

        Assert.Equal(["IHDR", "IDAT", "IEND"], types);
        compressed.Position = 0;
        return new PngReader(width, height, Unfilter(Inflate(compressed), width * 3, height));
    }

    public static double MeanDifference(PngReader a, PngReader b) => a.Pixels.Zip(b.Pixels, (x, y) => (double)Math.Abs(x - y)).Average();

    private static byte[] Inflate(Stream compressed)
    {
        using var zlib = new ZLibStream(compressed, CompressionMode.Decompress);
        using var raw = new MemoryStream();
        zlib.CopyTo(raw);
        return raw.ToArray();
    }

    private static byte[] Unfilter(byte[] raw, int stride, int height)
    {
        Assert.Equal((stride + 1) * height, raw.Length);
        var pixels = new byte[stride * height];
        for (var row = 0; row < height; row++)
        {
            for (var i = 0; i < stride; i++)
            {
                var a = i < 3 ? 0 : pixels[(row * stride) + i - 3];
                var b = row == 0 ? 0 : pixels[((row - 1) * stride) + i];
                var c = i < 3 || row == 0 ? 0 : pixels[((row - 1) * stride) + i - 3];
                var filter = raw[row * (stride + 1)];
                Assert.InRange(filter, 0, 4);
                var guess = filter switch { 0 => 0, 1 => a, 2 => b, 3 => (a + b) / 2, _ => Paeth(a, b, c) };
                pixels[(row * stride) + i] = (byte)(raw[(row * (stride + 1)) + 1 + i] + guess);
            }
        }

        return pixels;
    }

    private static int Paeth(int a, int b, int c)
    {
        var p = a + b - c;
        var nearest = Math.Min(Math.Abs(p - a), Math.Min(Math.Abs(p - b), Math.Abs(p - c)));
        return Math.Abs(p - a) == nearest ? a : Math.Abs(p - b) == nearest ? b : c;
    }

    private static uint SlowCrc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
        }

        return ~crc;
    }
}
