using System.Security.Cryptography;
using System.Text;
using Rouse.Core.Tenancy;

namespace Rouse.Server.Auth;

/// <summary>The keys this server knows, as digests. Configured as <c>tenant=key</c> or <c>key</c> (tenant <c>default</c>), separated by commas.</summary>
internal sealed class ApiKeys
{
    /// <summary>A key shorter than this could be guessed.</summary>
    public const int MinKeyLength = 16;

    private readonly List<(byte[] Digest, TenantId Tenant)> _keys = [];

    public bool Any => _keys.Count > 0;

    /// <exception cref="FormatException">The text does not follow the form; the message says which entry, without the key.</exception>
    public static ApiKeys Parse(string? text)
    {
        var keys = new ApiKeys();
        var number = 0;
        foreach (var entry in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            number++;
            var at = entry.IndexOf('=', StringComparison.Ordinal);
            var named = at > 0 && TenantId.TryParse(entry[..at], out _);
            var key = named ? entry[(at + 1)..] : entry;
            if (key.Length < MinKeyLength) throw new FormatException($"API key {number} is shorter than {MinKeyLength} characters.");
            keys._keys.Add((Digest(key), TenantId.Parse(named ? entry[..at] : "default")));
        }

        return keys;
    }

    /// <summary>Looks at every key, so that the time does not tell which one came close.</summary>
    public TenantId? Find(string presented)
    {
        var digest = Digest(presented);
        TenantId? found = null;
        foreach (var (known, tenant) in _keys)
        {
            if (CryptographicOperations.FixedTimeEquals(known, digest)) found = tenant;
        }

        return found;
    }

    private static byte[] Digest(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
