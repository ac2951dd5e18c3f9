using System.Collections.Concurrent;
using System.Text;

namespace Rouse.TestKit.Secrets;

/// <summary>Holds the canaries of a test and looks for them wherever it is told to.</summary>
public sealed class CanaryCage
{
    private readonly ConcurrentDictionary<string, Canary> _canaries = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _escapes = new(StringComparer.Ordinal);
    private long _bytes;

    /// <summary>Where one was found: place, kind and form, with what stands before it.</summary>
    public IReadOnlyCollection<string> Escapes => [.. _escapes.Select(escape => $"{escape.Key}: {escape.Value}").Order(StringComparer.Ordinal)];

    public long BytesSeen => Interlocked.Read(ref _bytes);

    public IEnumerable<string> Kinds => _canaries.Keys.Order(StringComparer.Ordinal);

    /// <returns>The canary's value.</returns>
    public string Add(Canary canary)
    {
        _canaries[canary.Kind] = canary;
        return canary.Value;
    }

    public string this[string kind] => _canaries[kind].Value;

    public void Look(string place, string text, params IReadOnlyList<string> allowed) => Look(place, Encoding.UTF8.GetBytes(text), allowed);

    /// <param name="allowed">Kinds that belong there.</param>
    public void Look(string place, ReadOnlySpan<byte> bytes, params IReadOnlyList<string> allowed)
    {
        Interlocked.Add(ref _bytes, bytes.Length);
        foreach (var canary in _canaries.Values)
        {
            if (allowed.Contains(canary.Kind, StringComparer.Ordinal)) continue;
            foreach (var (form, pattern) in canary.Forms)
            {
                var at = bytes.IndexOf(pattern);
                if (at < 0) continue;
                var context = Encoding.UTF8.GetString(bytes[Math.Max(0, at - 120)..at]);
                _escapes.TryAdd($"{place}: {canary.Kind} ({form})", $"…{context}");
            }
        }
    }

    public void LookAtFiles(string place, string folder, Func<string, IReadOnlyList<string>>? allowed = null)
    {
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            byte[] bytes;
            try
            {
                // Also what is no file: the runtime's pipes, which would be waited at for ever.
                if (new FileInfo(path).Length == 0) continue;
                using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                bytes = new byte[file.Length];
                file.ReadExactly(bytes);
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                // Removed or cut while it was looked at; the look after the end sees what stays.
                continue;
            }

            var name = Path.GetRelativePath(folder, path);
            Look($"{place} {name}", bytes, allowed?.Invoke(name) ?? []);
            Look($"{place} (name of a file)", name);
        }
    }
}
