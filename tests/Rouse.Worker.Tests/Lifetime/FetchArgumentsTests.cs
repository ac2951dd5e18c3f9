using Rouse.Worker.Lifetime;
using Rouse.Worker.ModelFiles;

namespace Rouse.Worker.Tests.Lifetime;

public sealed class FetchArgumentsTests
{
    [Fact]
    public void Parse_OfAModel_TakesAnEngine()
    {
        Assert.Equal("org/name@main", FetchArguments.Parse(["org/name"], out _)!.Model!.ToString());
        Assert.Equal("diffusers", FetchArguments.Parse(["--engine", "diffusers", "org/name@v1"], out _)!.Engine);
    }

    [Fact]
    public void Parse_OfAFile_TakesItsNameFromTheUrl_UnlessOneIsGiven()
    {
        var hash = new string('a', 64);

        Assert.Equal(new WantedFile(ModelFileKind.Lora, "my lora.safetensors", "https://x.example/a/my%20lora.safetensors?token=1", null),
            FetchArguments.Parse(["lora", "https://x.example/a/my%20lora.safetensors?token=1"], out _)!.File);
        Assert.Equal(new WantedFile(ModelFileKind.Checkpoint, "b", "https://x.example/a", hash),
            FetchArguments.Parse(["checkpoint", "https://x.example/a", "--name", "b", "--sha256", hash], out _)!.File);
    }

    [Theory]
    [InlineData("")]
    [InlineData("org/name extra")]
    [InlineData("org/name --name x")]
    [InlineData("org/name --engine")]
    [InlineData("org/name --engine a --engine b")]
    [InlineData("https://x.example/a")]
    [InlineData("vae https://x.example/a")]
    [InlineData("lora https://x.example/a --engine onnx")]
    [InlineData("../up")]
    public void Parse_OfAnythingElse_SaysWhatItTakes(string line)
    {
        Assert.Null(FetchArguments.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries), out var fault));
        Assert.NotEmpty(fault);
    }
}
