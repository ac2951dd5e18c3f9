using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Rouse.Worker.Supervision;

/// <summary>Sockets that listen on this machine, as <c>/proc/net/tcp</c> tells (proc(5)).</summary>
internal static class Listeners
{
    private static readonly string[] s_tables = ["/proc/net/tcp", "/proc/net/tcp6"];

    private const string Listening = "0A";

    /// <summary>A port that nobody has now. Whoever wants it should be quick: it is not kept.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Numbers (inodes) of those that a connection to this loopback address may come to; none where that cannot be read.</summary>
    public static IReadOnlyList<string> At(Uri address)
    {
        List<IPAddress> hosts = address.Host is "localhost" ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : IPAddress.TryParse(address.DnsSafeHost, out var host) ? [host] : [];
        if (hosts.Count == 0 || !hosts.TrueForAll(IPAddress.IsLoopback)) return [];
        var port = address.Port.ToString("X4", CultureInfo.InvariantCulture);
        var wanted = hosts.Concat(hosts.Select(static one => one.MapToIPv6())).Append(IPAddress.Any).Append(IPAddress.IPv6Any).Select(one => $"{Words(one)}:{port}").ToHashSet(StringComparer.Ordinal);
        return [.. s_tables.SelectMany(Rows).Where(row => row.Length > 9 && row[3] == Listening && wanted.Contains(row[1])).Select(static row => row[9])];
    }

    // Number, local and remote address, state, queues, timer, retransmits, user, timeout, inode.
    private static IEnumerable<string[]> Rows(string table)
    {
        try
        {
            return [.. File.ReadAllLines(table).Select(static row => row.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>As the kernel writes them: words of four bytes, each in the machine's order.</summary>
    private static string Words(IPAddress address) =>
        string.Concat(address.GetAddressBytes().Chunk(4).Select(static word => BitConverter.ToUInt32(word).ToString("X8", CultureInfo.InvariantCulture)));
}
