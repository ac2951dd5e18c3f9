using Rouse.Worker.Weights;

namespace Rouse.Worker.ModelFiles;

/// <summary>A checked file name: one component of a path, whatever the system, and with an ending that says what it is.</summary>
internal sealed record ModelFileName
{
    /// <summary>Characters, all of them ASCII. File systems take 255 bytes, of which the lock's and the record's endings need some.</summary>
    public const int MaxLength = 180;

    private const string Characters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+ ()[]";
    private static readonly string[] s_safe = [".safetensors", ".gguf"];
    private static readonly string[] s_pickles = [".ckpt", ".pt", ".pth", ".bin"];

    // A volume may be read by a Windows machine, where these name devices, whatever their ending.
    private static readonly string[] s_reserved =
        ["CON", "PRN", "AUX", "NUL", .. Enumerable.Range(0, 10).SelectMany(static n => new[] { $"COM{n}", $"LPT{n}" })];

    private ModelFileName(string text) => Text = text;

    public string Text { get; }

    public bool IsPickle => FileSelection.IsPickle(Text);

    public bool IsSafetensors => Text.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase);

    public bool IsGguf => Text.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase);

    /// <param name="text">As the caller gave it; without an ending it gets <c>.safetensors</c>.</param>
    /// <param name="allowPickle">Whether files that run code when loaded may have a name here.</param>
    /// <exception cref="ModelFileException">It is no name for a model file.</exception>
    public static ModelFileName Parse(string text, bool allowPickle)
    {
        if (text.Length == 0) throw ModelFileFaults.Name(text, "it is empty");
        if (text.Length > MaxLength) throw ModelFileFaults.Name(text, $"it is longer than {MaxLength} characters");
        if (text.AsSpan().ContainsAnyExcept(Characters)) throw ModelFileFaults.Name(text, "it has characters that are not allowed");
        if (text[0] is '.' or '-' or ' ' || text[^1] is '.' or ' ') throw ModelFileFaults.Name(text, "it begins or ends with a character that may not stand there");
        if (text.Contains("..", StringComparison.Ordinal)) throw ModelFileFaults.Name(text, "it contains '..'");
        if (s_reserved.Contains(text.Split('.')[0].TrimEnd(' '), StringComparer.OrdinalIgnoreCase)) throw ModelFileFaults.Name(text, "it is reserved");
        if (FileSelection.IsPickle(text)) return allowPickle && EndsWith(text, s_pickles) ? new ModelFileName(text) : throw ModelFileFaults.Pickle(text);
        if (EndsWith(text, s_safe)) return new ModelFileName(text);
        // Names of models have dots of their own, "sd_xl_base_1.0": what follows the last one says nothing.
        return text.Length + s_safe[0].Length <= MaxLength ? new ModelFileName(text + s_safe[0]) : throw ModelFileFaults.Name(text, $"it is longer than {MaxLength} characters");
    }

    public override string ToString() => Text;

    private static bool EndsWith(string text, string[] endings) => Array.Exists(endings, ending => text.EndsWith(ending, StringComparison.OrdinalIgnoreCase));
}
