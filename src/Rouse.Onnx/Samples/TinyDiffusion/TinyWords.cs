namespace Rouse.Onnx.Samples.TinyDiffusion;

/// <summary>What a word does to the picture.</summary>
/// <param name="Text">The word, in lower case.</param>
/// <param name="Hue">Degrees on the colour circle: 0 red, 120 green, 240 blue.</param>
/// <param name="Saturation">0 grey to 1.</param>
/// <param name="Light">-1 night to 1 noon.</param>
/// <param name="Weight">How loudly it speaks among the prompt's words: 6 for a mood, 1 for a filler.</param>
internal sealed record TinyWord(string Text, float Hue, float Saturation, float Light, float Weight = 6);

/// <summary>The words the model knows; every other word gets a mood of its own from the seed.</summary>
internal static class TinyWords
{
    public static IReadOnlyList<TinyWord> All { get; } =
    [
        new("red", 0, 1, 0), new("orange", 28, 1, 0.2f), new("gold", 46, 1, 0.4f), new("yellow", 54, 1, 0.6f),
        new("green", 125, 1, 0.1f), new("mint", 160, 0.7f, 0.7f), new("teal", 178, 1, 0), new("blue", 218, 1, 0),
        new("purple", 280, 1, -0.2f), new("lavender", 265, 0.6f, 0.6f), new("pink", 332, 0.8f, 0.5f), new("rose", 345, 0.9f, 0.2f),
        new("sunset", 16, 1, 0.1f), new("sunrise", 350, 0.7f, 0.6f), new("dawn", 335, 0.6f, 0.4f), new("dusk", 285, 0.8f, -0.4f),
        new("noon", 205, 0.5f, 1), new("night", 235, 0.9f, -1), new("midnight", 245, 1, -1.2f), new("moonlight", 225, 0.4f, -0.8f),
        new("ocean", 205, 1, 0.3f), new("sea", 195, 1, 0.3f), new("lake", 190, 0.8f, 0.4f), new("forest", 135, 0.9f, -0.1f),
        new("jungle", 115, 1, 0), new("desert", 36, 0.9f, 0.6f), new("canyon", 14, 0.9f, 0.2f), new("meadow", 95, 0.8f, 0.7f, 4),
        new("tropical", 170, 1, 0.6f), new("spring", 105, 0.7f, 0.8f), new("summer", 48, 0.8f, 0.9f), new("autumn", 22, 1, 0.1f),
        new("winter", 205, 0.3f, 0.9f), new("snow", 200, 0.2f, 1), new("storm", 215, 0.25f, -0.6f), new("misty", 190, 0.1f, 0.5f),
        new("fog", 180, 0.1f, 0.4f), new("fire", 8, 1.2f, -0.3f),
        new("bright", 45, 0, 1, 3), new("dark", 240, 0, -1, 3), new("grey", 0, 0, 0, 5),
        new("mountains", 220, 0.2f, 0.1f, 1), new("hills", 110, 0.2f, 0.2f, 1), new("landscape", 0, 0, 0, 1), new("paper", 0, 0, 0.1f, 1),
        new("a", 0, 0, 0, 1), new("an", 0, 0, 0, 1), new("the", 0, 0, 0, 1), new("of", 0, 0, 0, 1), new("in", 0, 0, 0, 1), new("at", 0, 0, 0, 1),
        new("on", 0, 0, 0, 1), new("over", 0, 0, 0, 1), new("and", 0, 0, 0, 1), new("with", 0, 0, 0, 1),
    ];
}
