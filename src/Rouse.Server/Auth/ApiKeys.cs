using System.Security.Cryptography;
using System.Text;
using Rouse.Core.Tenancy;

namespace Rouse.Server.Auth;

/// <summary>
/// The keys of the server's configuration, as digests: <c>tenant=key</c>, separated by commas, for a tenant, or <c>key</c> alone for the operator,
/// who is the tenant <c>default</c> and may do everything.
/// </summary>
internal sealed class ApiKeys
{
    /// <summary>A key shorter than this could be guessed.</summary>
    public const int MinKeyLength = 16;

    private static readonly TenantId s_operator = TenantId.Parse("default");

    private readonly List<(byte[] Digest, Caller Caller)> _keys = [];

    /// <summary>Whether callers need a key: there is one here, or there was one in the store at the start.</summary>
    public bool Any => _keys.Count > 0 || HasStored;

    /// <summary>Set at the start, before anybody asks.</summary>
    public bool HasStored { get; set; }

    public IEnumerable<TenantId> Tenants => _keys.Select(key => key.Caller.Tenant).Distinct();

    /// <param name="admin">One more key of the operator's.</param>
    /// <exception cref="FormatException">The text does not follow the form; the message says which entry, without the key.</exception>
    public static ApiKeys Parse(string? text, string? admin = null)
    {
        var keys = new ApiKeys();
        var number = 0;
        foreach (var entry in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            number++;
            var at = entry.IndexOf('=', StringComparison.Ordinal);
            var named = at > 0 && TenantId.TryParse(entry[..at], out _);
            keys.Add(named ? entry[(at + 1)..] : entry, named ? TenantId.Parse(entry[..at]) : null, $"API key {number}");
        }

        if (admin?.Trim() is { Length: > 0 } key) keys.Add(key, tenant: null, "The admin key");
        return keys;
    }

    /// <summary>Looks at every key, so that the time does not tell which one came close.</summary>
    public Caller? Find(string presented)
    {
        var digest = Digest(presented);
        Caller? found = null;
        foreach (var (known, caller) in _keys)
        {
            if (CryptographicOperations.FixedTimeEquals(known, digest)) found = caller;
        }

        return found;
    }

    private void Add(string key, TenantId? tenant, string what)
    {
        if (key.Length < MinKeyLength) throw new FormatException($"{what} is shorter than {MinKeyLength} characters.");
        if (!Credential.IsWellFormed(key)) throw new FormatException($"{what} is longer than {Credential.MaxLength} characters, or holds others than printable ASCII.");
        _keys.Add((Digest(key), new Caller(tenant ?? s_operator, tenant is null ? Scopes.All : Scopes.Tenant, CredentialKind.Configured)));
    }

    private static byte[] Digest(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
