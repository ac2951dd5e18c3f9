using System.Buffers;
using Microsoft.AspNetCore.Http;
using Rouse.Gateway.Forwarding;

namespace Rouse.Server.ServiceJobs;

/// <summary>Which header fields go with a queued request, and which of its answer are kept. Framing is ours at both ends, and credentials for us go no further.</summary>
internal static class KeptHeaders
{
    // RFC 9110 §5.6.2.
    private static readonly SearchValues<char> s_token = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^`|~");

    // RFC 9110 §7.6.1, and what else is about one connection or one hop.
    private static readonly HashSet<string> s_hop = new(StringComparer.OrdinalIgnoreCase)
    {
        "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade", "content-length", "http2-settings",
    };

    private static readonly HashSet<string> s_notSent = new(StringComparer.OrdinalIgnoreCase)
    {
        "authorization", "host", "cookie", "expect", "prefer", "x-runpod-api-key", "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip",
        "if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "range", "if-range",
    };

    private static readonly HashSet<string> s_notKept = new(StringComparer.OrdinalIgnoreCase) { "set-cookie", "date", "server", "alt-svc", "strict-transport-security", "age" };

    /// <summary>A name with an underscore is another one to some servers (CGI), so it is none.</summary>
    public static bool IsField(string name, string value) =>
        name.Length > 0 && !name.AsSpan().ContainsAnyExcept(s_token) && !value.AsSpan().ContainsAnyInRange('\0', '\x1f') && !value.Contains('\x7f', StringComparison.Ordinal);

    public static bool IsSent(string name) => !s_hop.Contains(name) && !s_notSent.Contains(name) && !name.StartsWith("x-rouse-", StringComparison.OrdinalIgnoreCase);

    public static IReadOnlyList<KeyValuePair<string, string>> OfRequest(IHeaderDictionary headers)
    {
        var named = Named(headers.Connection);
        return [.. from header in headers
                   where IsSent(header.Key) && !named.Contains(header.Key)
                   from value in header.Value
                   where value is not null && IsField(header.Key, value)
                   select KeyValuePair.Create(header.Key, value)];
    }

    public static IReadOnlyList<KeyValuePair<string, string>> OfReply(HttpResponseMessage reply)
    {
        var passed = new HeaderDictionary();
        HeaderHygiene.CopyAnswer(reply, passed);
        return [.. from header in passed
                   where !s_hop.Contains(header.Key) && !s_notKept.Contains(header.Key)
                   from value in header.Value
                   where value is not null && IsField(header.Key, value)
                   select KeyValuePair.Create(header.Key, value)];
    }

    public static IHeaderDictionary Restore(IReadOnlyList<KeyValuePair<string, string>> kept)
    {
        var headers = new HeaderDictionary();
        foreach (var (name, value) in kept) headers.Append(name, value);
        return headers;
    }

    /// <summary>RFC 9110 §7.6.1: what <c>Connection</c> names is for this hop too.</summary>
    private static HashSet<string> Named(IEnumerable<string?> connection) =>
        new(connection.SelectMany(static value => (value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)), StringComparer.OrdinalIgnoreCase);
}
