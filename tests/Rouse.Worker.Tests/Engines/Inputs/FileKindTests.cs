using System.Text;
using Rouse.Worker.Engines.Inputs;

namespace Rouse.Worker.Tests.Engines.Inputs;

public sealed class FileKindTests
{
    [Theory]
    [InlineData("RIFF....WAVEfmt ", true)]
    [InlineData("OggS", true)]
    [InlineData("ID3", true)]
    [InlineData("\0\0\0\u0018ftypM4A ", true)]
    // Lists of other files, which a decoder would open.
    [InlineData("#EXTM3U\nhttp://169.254.169.254/", false)]
    [InlineData("ffconcat version 1.0\nfile /etc/passwd", false)]
    [InlineData("v=0\no=- 0 0 IN IP4 10.0.0.1", false)]
    [InlineData("<MPD>", false)]
    [InlineData("RIFF....AVI LIST", false)]
    [InlineData("", false)]
    public void ARecording_IsToldByItsBytes(string start, bool isSound) => Assert.Equal(isSound, FileKind.Sound.Matches(Encoding.Latin1.GetBytes(start)));

    [Theory]
    [InlineData("89504E470D0A1A0A", true)]
    [InlineData("FFD8FFE0", true)]
    [InlineData("52494646000000005745425056503820", true)]
    [InlineData("474946383961", false)]
    [InlineData("3C737667", false)]
    [InlineData("8950", false)]
    public void APicture_IsToldByItsBytes(string start, bool isPicture) => Assert.Equal(isPicture, FileKind.Picture.Matches(Convert.FromHexString(start)));
}
