using System.Text.Json;
using Rouse.Worker.Engines.OnnxDiffusion.Text;

namespace Rouse.Worker.Engines.OnnxDiffusion.Models;

/// <summary>Reads the <c>tokenizer/</c> folder of a repository.</summary>
internal static class TokenizerFiles
{
    private const string Start = "<|startoftext|>", End = "<|endoftext|>";

    public static ClipTokenizer Read(string folder)
    {
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        var file = ConfigFile.Read(folder, "tokenizer/vocab.json");
        foreach (var token in file.Root.EnumerateObject())
        {
            if (token.Value.ValueKind != JsonValueKind.Number || !token.Value.TryGetInt32(out var id)) throw file.Wrong(token.Name, "a number");
            vocabulary[token.Name] = id;
        }

        var settings = Settings(folder);
        foreach (var special in new[] { settings.Start, settings.End, settings.Padding, settings.Unknown })
        {
            if (!vocabulary.ContainsKey(special)) throw file.Wrong(special, "in the vocabulary, because the tokenizer's settings name it");
        }

        try
        {
            return new ClipTokenizer(vocabulary, BytePairs.Parse(File.ReadLines(Path.Combine(folder, "tokenizer/merges.txt"))), settings);
        }
        catch (FormatException error)
        {
            throw EngineException.Unusable($"tokenizer/merges.txt: {error.Message}", inner: error);
        }
    }

    private static ClipTokenizerSettings Settings(string folder)
    {
        // Older exports say the special tokens in a file of their own; where both speak, the tokenizer's configuration holds.
        var files = new[] { "tokenizer/tokenizer_config.json", "tokenizer/special_tokens_map.json" }
            .Where(name => File.Exists(Path.Combine(folder, name))).Select(name => ConfigFile.Read(folder, name)).ToArray();
        var end = Token(files, "eos_token") ?? End;
        return new ClipTokenizerSettings(
            Token(files, "bos_token") ?? Start, end, Token(files, "pad_token") ?? end, Token(files, "unk_token") ?? end,
            files.Length == 0 || files[0].Flag("do_lower_case", fallback: true), Length(files));
    }

    /// <summary>A token is its text, or an object whose <c>content</c> is.</summary>
    private static string? Token(ConfigFile[] files, string member) => files.Select(file => file.Find(member) switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Object } token when token.TryGetProperty("content", out var text) && text.ValueKind == JsonValueKind.String
            => text.GetString(),
        _ => null,
    }).FirstOrDefault(found => found is not null);

    private static int Length(ConfigFile[] files)
    {
        // Some tokenizers say 10^30 for "no limit".
        var said = files.Length == 0 ? ClipTokenizerSettings.MaxLength : files[0].Number("model_max_length", ClipTokenizerSettings.MaxLength);
        return (int)Math.Clamp(said, 2, ClipTokenizerSettings.MaxLength);
    }
}
