using System.Text;
using System.Text.Json;
using Rouse.Worker.Configuration;
using Rouse.Worker.Engines.Inputs;

namespace Rouse.Worker.Tests.Engines.Inputs;

public sealed class AttachmentTests
{
    [Theory]
    [InlineData("aGk=", "hi")]
    [InlineData("data:image/png;base64,aGk=", "hi")]
    [InlineData("DATA:image/png;name=x;BASE64,aGk=", "hi")]
    [InlineData(" https://files.example/a?b=c ", "https://files.example/a?b=c")]
    [InlineData("HTTP://files.example/a", "http://files.example/a")]
    public void AFile_IsHeldOrNamed_ByTheSameMember(string value, string expected)
    {
        var read = Read(value, out var fault)!;
        Assert.Null(fault);
        Assert.Equal(expected, read.Url?.AbsoluteUri ?? Encoding.UTF8.GetString(read.Content.Span));
    }

    [Theory]
    [InlineData("https://user:word@files.example/a")]
    [InlineData("https:///a")]
    [InlineData("https://files.example:99999/a?token=word")]
    public void AUrlThatIsNone_IsRefused_AndNotRepeated(string value)
    {
        Assert.Null(Read(value, out var fault));
        Assert.Equal("'image' must be a URL of at most 8192 characters, without a user or password before its host.", fault);
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://files.example/a")]
    [InlineData("data:,hi")]
    public void OtherSchemes_AreNoFile(string value)
    {
        Assert.Null(Read(value, out var fault));
        Assert.Contains("in base64, or its https URL", fault, StringComparison.Ordinal);
    }

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

    [Fact]
    public void TheOperator_CanTurnUrlsOff_AndNameHosts()
    {
        Assert.True(Settings(null, null).Urls.AreFetched);
        Assert.False(Settings("0", null).Urls.AreFetched);
        Assert.True(Settings(null, "files.internal").Urls.Hosts.Allows(new Uri("http://files.internal/")));
        Assert.False(Settings(null, null).Urls.Hosts.Allows(new Uri("http://files.internal/")));
        Assert.Contains("ROUSE_INPUT_ALLOW_HOSTS", Settings(null, "http://a").Fault, StringComparison.Ordinal);
    }

    private static (InputUrls Urls, string? Fault) Settings(string? isOn, string? hosts)
    {
        var variables = new Variables(name => name switch { "ROUSE_INPUT_URLS" => isOn, "ROUSE_INPUT_ALLOW_HOSTS" => hosts, _ => null });
        return (InputUrls.Read(variables), variables.Fault);
    }

    private static Attachment? Read(string value, out string? fault)
    {
        var members = new InputMembers(JsonElement.Parse($$"""{"image":{{JsonSerializer.Serialize(value)}}}"""), ["image"]);
        var read = Attachment.Read(members, ["image"], FileKind.Picture);
        fault = members.Fault;
        return read;
    }
}
