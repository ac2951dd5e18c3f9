using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Rouse.Gateway.Forwarding;

namespace Rouse.Server.Http;

/// <summary>What a connection may take from this server before anybody knows whose it is, and how strictly its bytes are read.</summary>
internal sealed record EdgeLimits
{
    /// <summary>Of all connections. Every worker holds two polls and every watcher a stream; beyond this the machine's own limits would speak less clearly.</summary>
    public int MaxConnections { get; init; } = 50_000;

    /// <summary>From a request's first byte to the end of its header: who needs longer holds a connection for nothing.</summary>
    public TimeSpan HeaderTime { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A body slower than <see cref="MinBodyRate"/> is given this long before it counts.</summary>
    public TimeSpan BodyGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Bytes per second, of a request's body while it is read and of an answer while its reader is waited for.</summary>
    public double MinBodyRate { get; init; } = 240;

    /// <summary>Of a connection without a request.</summary>
    public TimeSpan IdleTime { get; init; } = TimeSpan.FromSeconds(130);

    /// <summary>Bytes of the request line: paths have a few hundred.</summary>
    public int MaxRequestLine { get; init; } = 8 << 10;

    /// <summary>Bytes of all header fields of a request.</summary>
    public int MaxHeaderBytes { get; init; } = 32 << 10;

    /// <summary>Header fields of a request.</summary>
    public int MaxHeaderCount { get; init; } = 100;

    /// <summary>Bytes of a body that no operation reads by itself; those that do have lower bounds of their own.</summary>
    public long MaxBody { get; init; } = 30_000_000;

    public void ApplyTo(KestrelServerOptions kestrel)
    {
        // RFC 9112 §2.2 lets a server take a bare LF for a line's end; where one hop does and another does not, a request hides in a header.
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", isEnabled: true);
        kestrel.RequestHeaderEncodingSelector = static name => name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) ? Digits.Instance : null;
        FrontLimits.ApplyTo(kestrel);
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = MaxConnections;
        kestrel.Limits.RequestHeadersTimeout = HeaderTime;
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(MinBodyRate, BodyGrace);
        kestrel.Limits.MinResponseDataRate = new MinDataRate(MinBodyRate, BodyGrace);
        kestrel.Limits.KeepAliveTimeout = IdleTime;
        kestrel.Limits.MaxRequestLineSize = MaxRequestLine;
        kestrel.Limits.MaxRequestHeadersTotalSize = MaxHeaderBytes;
        kestrel.Limits.MaxRequestHeaderCount = MaxHeaderCount;
        kestrel.Limits.MaxRequestBodySize = MaxBody;
    }

    /// <summary>
    /// Reads a Content-Length by RFC 9110 §8.6: digits and nothing else. By itself the framework also takes <c>+4</c> and <c>-0</c>, which others on the
    /// way read otherwise. What is no length becomes a text that the framework refuses.
    /// </summary>
    private sealed class Digits : ASCIIEncoding
    {
        /// <summary>Of 2⁶³, the largest length there is.</summary>
        private const int MaxDigits = 19;

        public static readonly Digits Instance = new();

        public override int GetChars(ReadOnlySpan<byte> bytes, Span<char> chars)
        {
            if (bytes.Length <= MaxDigits && !bytes.ContainsAnyExceptInRange((byte)'0', (byte)'9')) return base.GetChars(bytes, chars);
            chars[0] = '?';
            return 1;
        }
    }
}
