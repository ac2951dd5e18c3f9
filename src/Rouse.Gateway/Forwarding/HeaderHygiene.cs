using System.Buffers;
using System.Collections.Frozen;
using System.Diagnostics;
using System.Net.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Rouse.Core.Tenancy;
using Rouse.Gateway.Routing;

namespace Rouse.Gateway.Forwarding;

/// <summary>How a request came to us, which its backend is told in <c>X-Forwarded-For</c>, <c>-Proto</c> and <c>-Host</c>. Null where it is not known: then nothing is told.</summary>
public readonly record struct Arrival(string? Address, string? Scheme, string? Host);

/// <summary>Which headers cross the gateway. Pure: needs no connection and no <see cref="HttpContext"/>; a stored request's headers go in a <see cref="HeaderDictionary"/>.</summary>
public static class HeaderHygiene
{
    /// <summary>What a caller puts in for its backend's own <c>Authorization</c>, which it cannot name: that header is our key.</summary>
    public const string BackendAuthorization = "X-Rouse-Backend-Authorization";

    /// <summary>Of headers that speak between a caller and this server, or between this server and a backend.</summary>
    private const string OurPrefix = "X-Rouse-";

    // RFC 9110 §7.6.1 and RFC 9113 §8.2.2: of one connection only. Trailer, because a request's trailers are not passed on. Alt-Svc names a way round the gateway.
    private static readonly string[] s_hopByHop =
    [
        "Alt-Svc", "Connection", "HTTP2-Settings", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authentication-Info", "Proxy-Authorization", "Proxy-Connection", "TE", "Transfer-Encoding", "Upgrade",
    ];

    private static readonly FrozenSet<string> s_answerOnly = s_hopByHop.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    // Ours, or written anew: keys, the host, framing (the body says its length), what proxies say, and what TryCopyRequest treats by itself.
    private static readonly FrozenSet<string> s_requestOnly = s_hopByHop.Concat(
    [
        "Authorization", "X-Runpod-Api-Key", "Host", "Content-Length", "X-Content-Length", "Trailer", "Expect", "Prefer", "Cookie", "traceparent", "tracestate",
        "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Server", "X-Forwarded-Prefix", "X-Forwarded-Scheme", "X-Real-IP",
    ]).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    // RFC 9110 §5.5: CR, LF and NUL are dangerous, the other controls invalid. A tab may stand within.
    private static readonly SearchValues<char> s_controls =
        SearchValues.Create(string.Concat(Enumerable.Range(0, 0x20).Where(static c => c != '\t').Append(0x7f).Select(static c => (char)c)));

    /// <summary>Writes to <paramref name="to"/> what of a caller's headers its backend may see, and what we say ourselves. Set its content first: some headers are the body's.</summary>
    /// <param name="trace">Ours; null passes the caller's own trace on.</param>
    /// <returns>False where a value holds a control character: nothing may be sent then.</returns>
    public static bool TryCopyRequest(IHeaderDictionary from, HttpRequestMessage to, RouteBackend backend, in Arrival arrival, Activity? trace)
    {
        var named = from.Connection;
        var isNamed = named.Count > 0 && !IsPlain(named);
        foreach (var (name, values) in from)
        {
            if (HasControl(values)) return false;
            // An underscore and a hyphen are one to CGI and its heirs: X_Forwarded_For would pass for what we write.
            if (s_requestOnly.Contains(name) || name.Contains('_') || name.StartsWith(OurPrefix, StringComparison.OrdinalIgnoreCase)) continue;
            if (isNamed && Names(named, name)) continue;
            Add(to, name, values);
        }

        CopyOurs(from, to, backend);
        if (arrival.Address is { } address) to.Headers.TryAddWithoutValidation("X-Forwarded-For", address);
        if (arrival.Scheme is { } scheme) to.Headers.TryAddWithoutValidation("X-Forwarded-Proto", scheme);
        if (arrival.Host is { Length: > 0 } host) to.Headers.TryAddWithoutValidation("X-Forwarded-Host", host);
        if (trace is { IdFormat: ActivityIdFormat.W3C })
        {
            to.Headers.TryAddWithoutValidation("traceparent", trace.Id);
            if (trace.TraceStateString is { Length: > 0 } state) to.Headers.TryAddWithoutValidation("tracestate", state);
        }
        else
        {
            if (from.TraceParent is { Count: > 0 } parent) Add(to, "traceparent", parent);
            if (from.TraceState is { Count: > 0 } state) Add(to, "tracestate", state);
        }

        return true;
    }

    /// <summary>Writes to <paramref name="to"/> what of a backend's headers its caller may see. Framing is the server's: only a length that is also the body's comes along.</summary>
    public static void CopyAnswer(HttpResponseMessage from, IHeaderDictionary to)
    {
        StringValues named = from.Headers.NonValidated.TryGetValues("Connection", out var tokens) ? Values(tokens) : default;
        var isNamed = named.Count > 0 && !IsPlain(named);
        foreach (var (name, values) in from.Headers.NonValidated) Pass(name, Values(values));
        foreach (var (name, values) in from.Content.Headers.NonValidated) Pass(name, Values(values));
        // RFC 9110 §8.6: none with these; a server that sees it may not send it.
        if ((int)from.StatusCode is < 200 or 204 or 205) to.ContentLength = null;

        void Pass(string name, StringValues values)
        {
            if (!IsForCaller(name) || HasControl(values) || (isNamed && Names(named, name) && !IsFraming(name))) return;
            to[name] = values;
        }
    }

    /// <summary>Whether a header or trailer of an answer may be passed on.</summary>
    public static bool IsForCaller(string name) => !s_answerOnly.Contains(name) && !name.StartsWith(OurPrefix, StringComparison.OrdinalIgnoreCase);

    /// <summary>CR, LF, NUL or another control character: such a value is not passed on in either direction.</summary>
    public static bool HasControl(StringValues values)
    {
        if (values.Count == 1) return values[0].AsSpan().ContainsAny(s_controls);
        foreach (var value in values)
        {
            if (value.AsSpan().ContainsAny(s_controls)) return true;
        }

        return false;
    }

    internal static StringValues Values(System.Net.Http.Headers.HeaderStringValues values) => values.Count == 1 ? values.ToString() : new StringValues([.. values]);

    private static void CopyOurs(IHeaderDictionary from, HttpRequestMessage to, RouteBackend backend)
    {
        if (backend.Authorization is { } own) to.Headers.TryAddWithoutValidation("Authorization", own.Reveal(SecretPurpose.ProviderCall));
        else if (from.TryGetValue(BackendAuthorization, out var passed)) to.Headers.TryAddWithoutValidation("Authorization", passed.ToString());
        // The body is sent when the backend asks for it, and is asked for at the caller only then.
        if (from.Expect.Count > 0) to.Headers.ExpectContinue = true;
        if (from.Cookie is { Count: > 0 } cookies && Cookies.ForBackend(cookies) is { Length: > 0 } others) to.Headers.TryAddWithoutValidation("Cookie", others);
        if (from["Prefer"] is { Count: > 0 } wishes && Preferences.ForBackend(wishes) is { Length: > 0 } left) to.Headers.TryAddWithoutValidation("Prefer", left);
    }

    private static void Add(HttpRequestMessage to, string name, StringValues values)
    {
        if (values.Count == 1)
        {
            var value = values[0];
            if (!to.Headers.TryAddWithoutValidation(name, value)) Content(to).Headers.TryAddWithoutValidation(name, value);
        }
        else if (!to.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values)) Content(to).Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
    }

    /// <summary>A type without a body is odd and allowed, for instance of a GET.</summary>
    private static HttpContent Content(HttpRequestMessage to) => to.Content ??= new ByteArrayContent([]);

    /// <summary>Nearly all that there are, and they name nothing.</summary>
    private static bool IsPlain(StringValues connection) => connection.Count == 1
        && (string.Equals(connection[0], "keep-alive", StringComparison.OrdinalIgnoreCase) || string.Equals(connection[0], "close", StringComparison.OrdinalIgnoreCase));

    private static bool IsFraming(string name) => name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase);

    private static bool Names(StringValues connection, string name)
    {
        foreach (var line in connection)
        {
            foreach (var range in line.AsSpan().Split(','))
            {
                if (line.AsSpan(range).Trim(" \t").Equals(name, StringComparison.OrdinalIgnoreCase)) return true;
            }
        }

        return false;
    }
}
