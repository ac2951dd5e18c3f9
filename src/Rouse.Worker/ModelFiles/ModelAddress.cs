using System.Security.Cryptography;
using System.Text;
using Rouse.Worker.Egress;

namespace Rouse.Worker.ModelFiles;

/// <summary>Where a file is fetched, checked as far as that goes without a look-up.</summary>
internal sealed record ModelAddress
{
    /// <summary>Characters; what browsers and servers take.</summary>
    private const int MaxLength = 8_192;

    // Permissions in the query say who may read, not what is read: the file is the same one with another.
    private static readonly string[] s_permissions =
    [
        "token", "access_token", "api_key", "apikey", "api-key", "key", "signature", "sig", "expires", "policy", "key-pair-id", "awsaccesskeyid", "googleaccessid",
        "se", "sp", "sv", "sr", "st", "skoid", "sktid", "skt", "ske", "sks", "skv", "spr",
    ];

    private ModelAddress(Uri url) => Url = url;

    public Uri Url { get; }

    /// <summary>For people and records: without query, which may hold a permission.</summary>
    public string Shown => $"{Url.Scheme}://{Url.Authority}{Url.AbsolutePath}";

    /// <summary>Tells addresses of different files apart and keeps no permission: the SHA-256 of the address without those.</summary>
    public string Source => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Shown + "?" + string.Join('&', Query().Where(static part => !IsPermission(part))))));

    /// <exception cref="ModelFileException">It is none, or one that is never fetched from.</exception>
    public static ModelAddress Parse(string name, string text, HostRules hosts)
    {
        if (text.Length > MaxLength) throw ModelFileFaults.Address(name, $"it is longer than {MaxLength} characters");
        if (!Uri.TryCreate(text.Trim(), UriKind.Absolute, out var url) || url.Host.Length == 0) throw ModelFileFaults.Address(name, "it is no URL");
        if (url.Scheme != Uri.UriSchemeHttps && url.Scheme != Uri.UriSchemeHttp) throw ModelFileFaults.Address(name, "it is no https URL");
        if (url.UserInfo.Length > 0) throw ModelFileFaults.Address(name, "it has a user or password before its host");
        if (!hosts.Allows(url)) throw ModelFileFaults.Address(name, "it is no https URL, and its host is not among those allowed without");
        return new ModelAddress(url);
    }

    public override string ToString() => Shown;

    private IEnumerable<string> Query() => Url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries);

    private static bool IsPermission(string part)
    {
        var name = Uri.UnescapeDataString(part.Split('=')[0]).ToLowerInvariant();
        return name.StartsWith("x-amz-", StringComparison.Ordinal) || name.StartsWith("x-goog-", StringComparison.Ordinal) || s_permissions.Contains(name, StringComparer.Ordinal);
    }
}
