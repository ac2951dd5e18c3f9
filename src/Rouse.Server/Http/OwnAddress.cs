using System.Text.RegularExpressions;

namespace Rouse.Server.Http;

/// <summary>
/// Where callers reach this server, for the URLs it hands out. Configured, never taken from a request's Host, which the caller writes. Behind a
/// proxy that serves it under a path of its own, that path is the <see cref="Prefix"/>: taken off requests, put before what is handed out.
/// </summary>
internal sealed partial class OwnAddress
{
    private readonly string _authority;

    private OwnAddress(Uri url, string prefix) => (_authority, Prefix) = (url.GetLeftPart(UriPartial.Authority), prefix);

    /// <summary>Such as <c>/deployapi</c>; empty for none.</summary>
    public string Prefix { get; }

    public Uri Base => new(_authority + Prefix);

    /// <param name="path">From the root, with its slash.</param>
    public string Path(string path) => Prefix + path;

    public string Url(string path) => _authority + Prefix + path;

    /// <exception cref="RouseHostException">The root path is none, or another than the public URL's.</exception>
    public static OwnAddress Of(RouseHostOptions options, Uri listens)
    {
        var told = options.PublicUrl is { } url ? url.AbsolutePath.TrimEnd('/') : "";
        var prefix = options.RootPath?.TrimEnd('/') ?? told;
        if (!Form().IsMatch(prefix)) throw new RouseHostException($"'{prefix}' is not a root path. Write it as /deployapi: letters, digits and ._~- between slashes.");
        if (told.Length > 0 && prefix != told) throw new RouseHostException($"The root path is '{prefix}', but the public URL's is '{told}'. Give one of them, or the same.");
        return new OwnAddress(options.PublicUrl ?? listens, prefix);
    }

    [GeneratedRegex(@"^(?:/[A-Za-z0-9._~-]+)*\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Form();
}
