using Rouse.Worker.Weights;

namespace Rouse.Worker.ModelFiles;

/// <summary>What a file is by its bytes, whatever it is called: a name is no reason to load a pickle.</summary>
internal static class FileContent
{
    /// <summary>Bytes from the start that <see cref="CheckStart"/> wants to see, where the file has them.</summary>
    public const int StartLength = 512;

    // Where tar's magic lies: the oldest torch files are tar archives of pickles.
    private const int TarMagicAt = 257;

    /// <summary>Looks at the first bytes, so that what cannot be right is not fetched to its end.</summary>
    /// <exception cref="ModelFileException">It is not what its name says.</exception>
    public static void CheckStart(ModelFileName name, ReadOnlySpan<byte> start, long size, bool allowPickle)
    {
        if (name.IsPickle)
        {
            if (IsWebPage(start)) throw ModelFileFaults.Content(name.Text, "it is a web page");
            return;
        }

        if (IsPickle(start)) throw allowPickle ? ModelFileFaults.Content(name.Text, "it is a pickle with another ending; name it .pt or .ckpt") : ModelFileFaults.Pickle(name.Text);
        if (IsWebPage(start)) throw ModelFileFaults.Content(name.Text, "it is a web page; the file may need a token, or another address");
        if (name.IsGguf && !start.StartsWith("GGUF"u8)) throw ModelFileFaults.Content(name.Text, "it is no GGUF file");
        if (name.IsSafetensors && (SafetensorsHeader.Length(start) is not { } header || header + 8 > size || start[8] != (byte)'{')) throw ModelFileFaults.Content(name.Text, "it is no safetensors file");
    }

    /// <summary>Looks at the whole file: a safetensors header must account for every byte.</summary>
    /// <exception cref="ModelFileException">It is not what its name says.</exception>
    public static void Check(ModelFileName name, string path, bool allowPickle)
    {
        using var file = File.OpenHandle(path);
        var size = RandomAccess.GetLength(file);
        var start = new byte[(int)Math.Min(StartLength, size)];
        var read = RandomAccess.Read(file, start, 0);
        CheckStart(name, start.AsSpan(0, read), size, allowPickle);
        if (!name.IsSafetensors) return;
        if (SafetensorsHeader.Fault(file) is { } fault) throw ModelFileFaults.Content(name.Text, fault);
    }

    private static bool IsPickle(ReadOnlySpan<byte> start) =>
        start.StartsWith("PK\u0003\u0004"u8)
        || (start.Length > 2 && start[0] == 0x80 && start[1] is >= 1 and <= 5 && !IsSafetensorsStart(start))
        || start.StartsWith("(dp"u8) || start.StartsWith("(lp"u8) || start.StartsWith("cos\n"u8) || start.StartsWith("c__builtin__"u8)
        || (start.Length >= TarMagicAt + 5 && start[TarMagicAt..].StartsWith("ustar"u8));

    // The length of a safetensors header may begin with any byte; the brace behind it tells.
    private static bool IsSafetensorsStart(ReadOnlySpan<byte> start) => SafetensorsHeader.Length(start) is not null && start[8] == (byte)'{';

    private static bool IsWebPage(ReadOnlySpan<byte> start)
    {
        var text = start.TrimStart("\t\r\n \u00ef\u00bb\u00bf"u8);
        return text.StartsWith("<!"u8) || text.StartsWith("<html"u8) || text.StartsWith("<HTML"u8) || text.StartsWith("<?xml"u8);
    }
}
