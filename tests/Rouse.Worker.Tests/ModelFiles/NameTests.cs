using Rouse.Worker.ModelFiles;

namespace Rouse.Worker.Tests.ModelFiles;

public sealed class NameTests
{
    private static readonly string[] s_pieces =
    [
        "..", ".", "/", "\\", "\0", "~", "%2e%2e", "%2f", ":", "a", "model", "CON", "nul", "COM1", "etc", "passwd", ".safetensors", ".gguf", ".ckpt", ".pt", ".sh", " ", "\n", "\t",
        "\u202e", "\uff0e", "\u2215", "é", "\ud83d", "*", "?", "<", ">", "|", "\"", "'", "$(x)", "`", ";", "&", "-", "--", "_", new string('x', 90), "~1", "::$DATA", ".rouse", ".lock",
    ];

    [Theory]
    [InlineData("sd_xl_base_1.0", "sd_xl_base_1.0.safetensors")]
    [InlineData("detail.safetensors", "detail.safetensors")]
    [InlineData("Detail (v2) [fix].GGUF", "Detail (v2) [fix].GGUF")]
    [InlineData("run.sh", "run.sh.safetensors")]
    public void Parse_OfAnOrdinaryName_KeepsIt(string text, string name) => Assert.Equal(name, ModelFileName.Parse(text, allowPickle: false).Text);

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("../x")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("a\0b")]
    [InlineData(".hidden")]
    [InlineData(".safetensors")]
    [InlineData("a..b")]
    [InlineData("nul")]
    [InlineData("Con.safetensors")]
    [InlineData("lpt1.x.gguf")]
    [InlineData("a.safetensors ")]
    [InlineData("-rf")]
    [InlineData("a\u202e.safetensors")]
    public void Parse_OfAHostileName_RefusesIt(string text) =>
        Assert.Equal("model_file_name", Assert.Throws<ModelFileException>(() => ModelFileName.Parse(text, allowPickle: true)).Code);

    [Fact]
    public void Parse_WhateverTheName_NothingLeavesTheFolder()
    {
        var random = new Random(7);
        var taken = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 6)).Select(_ => s_pieces[random.Next(s_pieces.Length)]));
            try
            {
                var name = ModelFileName.Parse(text, allowPickle: i % 2 == 0).Text;
                var place = new LibraryFolder("/models").Place(ModelFileKind.Lora, ModelFileName.Parse(text, allowPickle: i % 2 == 0));
                Assert.Equal("/models/loras/" + name, Path.GetFullPath(place.Path));
                Assert.StartsWith("/models/.rouse/loras/" + name + ".", Path.GetFullPath(place.Part("0123456789abcdef")), StringComparison.Ordinal);
                Assert.True(Path.GetFileName(place.Part("0123456789abcdef") + ".rouse-ranges").Length <= 255);
                Assert.True(i % 2 == 0 || name.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase));
                taken++;
            }
            catch (ModelFileException fault)
            {
                Assert.Contains(fault.Code, (string[])["model_file_name", "model_file_pickle"]);
                Assert.DoesNotContain(fault.Message, char.IsControl);
            }
        }

        // Neither all nor none: the promise was put to the test.
        Assert.InRange(taken, 200, 15_000);
    }
}
