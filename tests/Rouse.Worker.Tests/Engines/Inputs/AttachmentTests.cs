using System.Text;
using System.Text.Json;
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

    private static Attachment? Read(string value, out string? fault)
    {
        var members = new InputMembers(JsonElement.Parse($$"""{"image":{{JsonSerializer.Serialize(value)}}}"""), ["image"]);
        var read = Attachment.Read(members, ["image"], FileKind.Picture);
        fault = members.Fault;
        return read;
    }
}
