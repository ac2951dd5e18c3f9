using Rouse.Worker.Engines.Images;

namespace Rouse.Worker.Tests.Engines.Images;

public sealed class PngWriterTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 7)]
    [InlineData(7, 1)]
    [InlineData(64, 48)]
    public void Write_AnyPixels_ReadBackAsTheyWere(int width, int height)
    {
        var random = new Random(width * height);
        foreach (var pixels in new[] { Noise(random, width, height), Gradient(width, height), new byte[width * height * 3] })
        {
            var read = PngReader.Read(PngWriter.Write(pixels, width, height));
            Assert.Equal((width, height), (read.Width, read.Height));
            Assert.Equal(pixels, read.Pixels);
        }
    }

    [Fact]
    public void Write_TheSamePixels_WritesTheSameBytes() =>
        Assert.Equal(PngWriter.Write(Gradient(64, 64), 64, 64), PngWriter.Write(Gradient(64, 64), 64, 64));

    [Fact]
    public void Write_ASmoothPicture_IsMuchSmallerThanItsPixels() =>
        Assert.InRange(PngWriter.Write(Gradient(256, 256), 256, 256).Length, 1, 256 * 256 * 3 / 20);

    [Fact]
    public void Write_WhenThePixelsDoNotFillThePicture_Throws() => Assert.Throws<ArgumentException>(() => PngWriter.Write(new byte[10], 2, 2));

    [Fact]
    public void Crc_OfTheStandardsCheckText_IsTheCheckValue() => Assert.Equal(0xCBF43926u, Crc32.Of("1234"u8, "56789"u8));

    private static byte[] Noise(Random random, int width, int height)
    {
        var pixels = new byte[width * height * 3];
        random.NextBytes(pixels);
        return pixels;
    }

    private static byte[] Gradient(int width, int height) =>
        [.. Enumerable.Range(0, width * height * 3).Select(i => (byte)((i / 3 % width * 2) + (i / 3 / width) + (i % 3 * 40)))];
}
