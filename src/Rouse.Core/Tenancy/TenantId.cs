using System.Security.Cryptography;
using System.Text;

namespace Rouse.Core.Tenancy;

/// <summary>Who calls. 1 to 64 characters of <c>a-z 0-9 _ -</c>. The first argument of every store call.</summary>
public readonly record struct TenantId
{
    private readonly string? _value;

    private TenantId(string value) => _value = value;

    public string Value => _value ?? throw new InvalidOperationException("An empty TenantId was used.");

    /// <summary>Eight hex digits that stand for the tenant in names at a provider, where the tenant itself must not be shown.</summary>
    public string Hash8 => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Value)).AsSpan(0, 4));

    public static bool TryParse(string? text, out TenantId tenant)
    {
        tenant = default;
        if (text is not { Length: >= 1 and <= 64 } || text.AsSpan().ContainsAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789_-")) return false;
        tenant = new TenantId(text);
        return true;
    }

    public static TenantId Parse(string text) =>
        TryParse(text, out var tenant) ? tenant : throw new FormatException("A tenant id is 1 to 64 characters of a-z, 0-9, _ and -.");

    public override string ToString() => Value;
}
