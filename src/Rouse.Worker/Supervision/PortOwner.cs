using System.Globalization;

namespace Rouse.Worker.Supervision;

/// <summary>
/// Whose the answers are that come from a port of this machine: another program may have taken it first, and would answer the jobs with a model of its own.
/// </summary>
internal static class PortOwner
{
    /// <param name="address">Where the program is to listen.</param>
    /// <param name="group">The program; null before its start.</param>
    /// <returns>Who listens there in its stead, for people. Null where the program does, or nobody, or that cannot be seen.</returns>
    public static string? Stranger(Uri address, int? group)
    {
        var sockets = Listeners.At(address).Select(static inode => $"socket:[{inode}]").ToHashSet(StringComparer.Ordinal);
        if (sockets.Count == 0) return null;
        var all = Processes().ToList();
        if (group is { } leader)
        {
            foreach (var process in Family(all, leader))
            {
                // One under another user keeps its sockets to itself.
                if (Held(process) is not { } held) return null;
                sockets.ExceptWith(held);
            }

            if (sockets.Count == 0) return null;
        }

        var holder = all.Find(process => Held(process.Id)?.Overlaps(sockets) ?? false);
        return string.Create(CultureInfo.InvariantCulture, $"another program{(holder is null ? "" : $" (process {holder.Id})")} listens at {address.Authority}");
    }

    /// <summary>The group's and session's members, and what they have started, whatever group that made for itself.</summary>
    private static IEnumerable<int> Family(List<Row> all, int leader)
    {
        var family = all.Where(process => process.Id == leader || process.Group == leader || process.Session == leader).Select(static process => process.Id).ToHashSet();
        while (all.Count(process => family.Contains(process.Parent) && family.Add(process.Id)) > 0)
        {
            // Until no further child is found.
        }

        return family;
    }

    private static IEnumerable<Row> Processes()
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) && Read(id) is { } row) yield return row;
        }
    }

    private static Row? Read(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            // Behind the program's name, which may hold anything: state, parent, group, session.
            return stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var parent, var group, var session, ..]
                ? new Row(id, int.Parse(parent, CultureInfo.InvariantCulture), int.Parse(group, CultureInfo.InvariantCulture), int.Parse(session, CultureInfo.InvariantCulture))
                : null;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>What its files are; null where that is not for us to see.</summary>
    private static HashSet<string>? Held(int id)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries($"/proc/{id}/fd").Select(static file => new FileInfo(file).LinkTarget).OfType<string>()];
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
        catch (IOException)
        {
            // It has just ended.
            return [];
        }
    }

    private sealed record Row(int Id, int Parent, int Group, int Session);
}
