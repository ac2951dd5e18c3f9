using System.Security.Cryptography;
using System.Text;

namespace Rouse.Worker.ModelFiles;

/// <summary>Names an unfinished download by the content it will have, so that it is taken up by a download of the same content only.</summary>
internal static class PartKey
{
    private const string BootIdFile = "/proc/sys/kernel/random/boot_id";
    private const int Digits = 16;

    /// <summary>
    /// A whole hash is the content's own name, whoever serves it and on whatever machine it was begun. Without one nothing would show that a power cut lost
    /// bytes that were noted as written, nor that the server's content is another: it is taken up only since the machine's start, and for the same version.
    /// </summary>
    /// <returns>The key, and whether what lies under it may be taken up at all.</returns>
    public static (string Key, bool IsSame) Of(ModelAddress address, FileHash? hash, RemoteStart start)
    {
        if (hash is { IsWhole: true }) return (Hash($"{hash.Digits} {start.Size}"), true);
        var boot = File.Exists(BootIdFile) ? File.ReadAllText(BootIdFile).Trim() : null;
        return (Hash($"{address.Source} {start.Version} {boot} {start.Size}"), start.Version is not null && boot is not null);
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..Digits];
}
