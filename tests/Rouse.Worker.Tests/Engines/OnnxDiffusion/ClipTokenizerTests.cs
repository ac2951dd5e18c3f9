using Rouse.Worker.Engines.OnnxDiffusion.Text;

namespace Rouse.Worker.Tests.Engines.OnnxDiffusion;

/// <summary>Vectors worked out by hand over a vocabulary small enough to do so.</summary>
public sealed class ClipTokenizerTests
{
    private static readonly string[] Merges = ["#version: 0.2", "l o", "lo w</w>", "e r</w>", "lo w", "n e", "ne w", "low er</w>", ""];

    private static readonly string[] Words =
    [
        "<|start|>", "<|end|>", "!", "low</w>", "lower</w>", "lo", "w", "w</w>", "e", "er</w>", "s</w>", "new", "t</w>", "n", "o</w>", "'s</w>", "'",
        "1</w>", "2</w>", "!</w>", "Ã", "©</w>", "a</w>", ",</w>", "low",
    ];

    [Theory]
    [InlineData("low", 3)]
    [InlineData("LOW", 3)] // lower-cased
    [InlineData("  low \t\n low ", 3, 3)] // any space parts words and is dropped
    [InlineData("lower", 4)]
    [InlineData("newer", 11, 9)] // n e→ne, ne w→new, e r</w>→er</w>
    [InlineData("lows", 24, 10)] // low inside a word is another token than low at its end
    [InlineData("no", 13, 14)]
    [InlineData("12", 17, 18)] // digits stand alone
    [InlineData("low!", 3, 19)]
    [InlineData("a,low", 22, 23, 3)]
    [InlineData("é", 20, 21)] // two bytes, C3 A9, as Ã and ©
    public void Encode_JoinsPairsInTheOrderLearned(string prompt, params int[] expected)
    {
        var ids = Tokenizer().Encode(prompt, out var used);
        Assert.Equal([0, .. expected, 1], ids.Take(used));
    }

    [Fact]
    public void Encode_PadsToTheLengthWithThePaddingToken()
    {
        var ids = Tokenizer().Encode("low", out var used);
        Assert.Equal([0, 3, 1, 2, 2, 2, 2, 2], ids);
        Assert.Equal(3, used);
    }

    [Fact]
    public void Encode_AnEmptyPrompt_IsStartAndEnd() => Assert.Equal([0, 1, 2, 2, 2, 2, 2, 2], Tokenizer().Encode("", out _));

    [Fact]
    public void Encode_MoreThanFits_IsCutAndStillEnds() =>
        Assert.Equal([0, 3, 3, 3, 3, 3, 3, 1], Tokenizer().Encode(string.Join(' ', Enumerable.Repeat("low", 50)), out _));

    [Fact]
    public void Encode_APieceOutsideTheVocabulary_IsTheUnknownToken() => Assert.Equal([0, 1, 1], Tokenizer().Encode("z", out _).Take(3));

    [Fact]
    public void Encode_ASpecialTokenInThePrompt_IsThatToken() => Assert.Equal([0, 3, 1, 3, 1], Tokenizer().Encode("low<|end|>low", out _).Take(5));

    [Fact]
    public void Encode_HalfASurrogatePair_DoesNotThrow() => Assert.Equal(8, Tokenizer().Encode("\ud83d low", out _).Length);

    [Theory]
    [InlineData("it's we'll", "it|'s|we|'ll")]
    [InlineData("a1b22", "a|1|b|2|2")]
    [InlineData("!!'s", "!!'|s")] // a run of symbols takes the apostrophe with it
    [InlineData("a-b...c", "a|-|b|...|c")]
    [InlineData("𝒜b 😀😀", "𝒜b|😀😀")] // beyond the basic plane: letters are letters, symbols run on
    [InlineData("日本 x", "日本|x")]
    public void Split_CutsLikeTheReferencePattern(string text, string expected) => Assert.Equal(expected.Split('|'), ClipWords.Split(text, []));

    [Fact]
    public void Parse_ALineThatIsNoPair_Throws() => Assert.Throws<FormatException>(() => BytePairs.Parse(["#version: 0.2", "alone"]));

    private static ClipTokenizer Tokenizer() => new(
        Words.Select((word, id) => (word, id)).ToDictionary(pair => pair.word, pair => pair.id, StringComparer.Ordinal),
        BytePairs.Parse(Merges), new ClipTokenizerSettings("<|start|>", "<|end|>", "!", "<|end|>", LowerCase: true, Length: 8));
}
