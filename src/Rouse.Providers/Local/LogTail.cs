using System.Globalization;
using System.Text;

namespace Rouse.Providers.Local;

/// <summary>
/// Follows the file one worker's output goes to. Where it got to is kept beside the file, so a server that takes over goes on there.
/// Bounded in every direction: the file, the length of a line, what is read at once, the lines that are remembered.
/// </summary>
internal sealed class LogTail(string path, int capBytes, Action<string> sink)
{
    /// <summary>8 KiB: a longer line is told in pieces.</summary>
    private const int MaxLine = 8 * 1024;

    /// <summary>256 KiB a look, and one look a tick: what a flooding worker may cost us.</summary>
    private const int MaxRead = 256 * 1024;

    /// <summary>Lines of at most 300 characters kept for the sentence that tells of a crash.</summary>
    private const int MaxLast = 5;
    private const int MaxLastLength = 300;

    private readonly string _mark = MarkOf(path);
    private readonly Queue<string> _last = new();
    private long _offset = SavedOffset(MarkOf(path));

    public IEnumerable<string> LastLines => _last;

    /// <param name="final">The worker is gone: what it left without a line end is a line too.</param>
    public void Read(bool final = false)
    {
        if (!File.Exists(path)) return;
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        var before = _offset;
        if (file.Length < _offset) _offset = 0;
        if (file.Length - _offset > capBytes) Skip(file.Length - MaxRead);
        for (var more = true; more;)
        {
            more = ReadOnce(file, final) && final;
        }

        // Writers append (O_APPEND), so emptying the file under them is safe; a line written in this very instant may be lost.
        if (file.Length > capBytes && _offset == file.Length)
        {
            file.SetLength(0);
            _offset = 0;
        }

        if (_offset != before) SaveOffset();
    }

    public void Remove()
    {
        File.Delete(path);
        File.Delete(_mark);
    }

    /// <returns>Whether it told anything.</returns>
    private bool ReadOnce(FileStream file, bool final)
    {
        var bytes = new byte[(int)Math.Min(MaxRead, file.Length - _offset)];
        file.Position = _offset;
        var rest = bytes.AsSpan(0, file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
        var total = rest.Length;
        while (!rest.IsEmpty)
        {
            var end = rest[..Math.Min(rest.Length, MaxLine)].IndexOf((byte)'\n');
            if (end < 0 && rest.Length < MaxLine && !final) break;
            var length = end >= 0 ? end : Math.Min(rest.Length, MaxLine);
            Tell(Encoding.UTF8.GetString(rest[..length]).TrimEnd('\r'));
            rest = rest[(end >= 0 ? length + 1 : length)..];
        }

        _offset += total - rest.Length;
        return total > rest.Length;
    }

    private void Skip(long to)
    {
        Tell(string.Create(CultureInfo.InvariantCulture, $"[{to - _offset} bytes of output left out]"));
        _offset = to;
    }

    private void Tell(string line)
    {
        sink(line);
        if (string.IsNullOrWhiteSpace(line)) return;
        _last.Enqueue(line.Length > MaxLastLength ? line[..MaxLastLength] + "…" : line);
        if (_last.Count > MaxLast) _last.Dequeue();
    }

    private void SaveOffset()
    {
        try
        {
            File.WriteAllText(_mark, _offset.ToString(CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            // The disk is full: the next server tells some lines again, which beats telling none now.
        }
    }

    private static string MarkOf(string path) => path + ".at";

    private static long SavedOffset(string mark) =>
        File.Exists(mark) && long.TryParse(File.ReadAllText(mark), NumberStyles.None, CultureInfo.InvariantCulture, out var offset) ? offset : 0;
}
