using Rouse.Core.Models;

namespace Rouse.Core.Tests.Models;

public sealed class ModelRefTests
{
    [Theory]
    [InlineData("org/name", "org/name", null)]
    [InlineData("gpt2", "gpt2", null)]
    [InlineData("stabilityai/sd-turbo@main", "stabilityai/sd-turbo", "main")]
    [InlineData("org/name@refs/pr/1", "org/name", "refs/pr/1")]
    [InlineData("org/name@b5c4a1f0e0d64e6c9f3a0d0a1b2c3d4e5f607182", "org/name", "b5c4a1f0e0d64e6c9f3a0d0a1b2c3d4e5f607182")]
    public void TryParseHub_OfARepository_GivesItsParts(string text, string id, string? revision)
    {
        Assert.True(ModelRef.TryParseHub(text, out var model));
        Assert.Equal((ModelSource.Hub, id, revision), (model!.Source, model.Id, model.Revision));
        Assert.Equal(model, ModelRef.Parse(model.ToString()));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("org/")]
    [InlineData("/name")]
    [InlineData("org/name/more")]
    [InlineData("../name")]
    [InlineData("org/..")]
    [InlineData("org/na..me")]
    [InlineData("org/na--me")]
    [InlineData("org/.hidden")]
    [InlineData("org/name ")]
    [InlineData("org\\name")]
    [InlineData("org/näme")]
    [InlineData("org/\uFF4Eame")]
    [InlineData("org/na\u202Eme")]
    [InlineData("org/na\0me")]
    [InlineData("org/name\n")]
    [InlineData("https://org/name")]
    [InlineData("org/name@")]
    [InlineData("org/name@a@b")]
    [InlineData("org/name@../x")]
    [InlineData("org/name@a//b")]
    [InlineData("org/name@/a")]
    [InlineData("org/name@a/")]
    [InlineData("org/name@-rf")]
    [InlineData("org/name?x=1")]
    [InlineData("org/%2e%2e")]
    public void TryParseHub_OfAnythingElse_Refuses(string? text) => Assert.False(ModelRef.TryParseHub(text, out _));

    [Fact]
    public void TryParseHub_OfAnOverLongPart_Refuses()
    {
        Assert.True(ModelRef.TryParseHub(new string('a', 96) + "/" + new string('b', 96), out _));
        Assert.False(ModelRef.TryParseHub("org/" + new string('a', 97), out _));
        Assert.False(ModelRef.TryParseHub("org/name@" + new string('a', ModelRef.MaxRevisionLength + 1), out _));
        Assert.False(ModelRef.TryParseHub(new string('a', 1_000_000), out _));
    }

    [Theory]
    [InlineData("/models/tiny", "/models/tiny")]
    [InlineData("/models/tiny/", "/models/tiny")]
    [InlineData("/models/with space ä", "/models/with space ä")]
    public void TryParseFolder_OfAFullPath_GivesIt(string path, string id)
    {
        Assert.True(ModelRef.TryParseFolder(path, out var model));
        Assert.Equal(id, model!.Id);
        Assert.Equal(model, ModelRef.Parse(model.ToString()));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("models")]
    [InlineData("./models")]
    [InlineData("/models/../etc")]
    [InlineData("/models/./tiny")]
    [InlineData("/models//tiny")]
    [InlineData("/models/\0")]
    [InlineData("~/models")]
    public void TryParseFolder_OfAnythingElse_Refuses(string? path) => Assert.False(ModelRef.TryParseFolder(path, out _));

    [Theory]
    [InlineData("org/name")]
    [InlineData("s3:bucket")]
    [InlineData("hf:")]
    [InlineData("file:relative")]
    public void Parse_WithoutAKnownSource_Throws(string text) => Assert.Throws<FormatException>(() => ModelRef.Parse(text));
}
