using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Rouse.Gateway.Forwarding;

/// <summary>What a server in front of a <see cref="Forwarder"/> must be told.</summary>
public static class FrontLimits
{
    /// <summary>Call it after whatever else sets the encodings of headers.</summary>
    public static void ApplyTo(KestrelServerOptions kestrel)
    {
        // Backends may answer with bytes beyond ASCII in a header (a file's name); by default the server would fail on them.
        kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
        var others = kestrel.RequestHeaderEncodingSelector;
        kestrel.RequestHeaderEncodingSelector = name => name.Equals("Connection", StringComparison.OrdinalIgnoreCase) ? ConnectionNames.Instance : others(name);
    }

    /// <summary>
    /// Reads a <c>Connection</c> header so that the names in it survive. The server replaces the whole by the one option it knows (<c>X-Secret, close</c> becomes <c>close</c>), and
    /// the headers named there would go on to the backend against RFC 9110 §7.6.1. It leaves a value with several options as it is; so a value that names anything gets both
    /// <c>keep-alive</c> and <c>close</c>, of which the latter holds: such a connection serves one request.
    /// </summary>
    private sealed class ConnectionNames : Encoding
    {
        public static readonly ConnectionNames Instance = new();

        private const string Both = ", keep-alive, close";

        public override int GetCharCount(byte[] bytes, int index, int count) => count + (NamesAny(bytes.AsSpan(index, count)) ? Both.Length : 0);

        public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)
        {
            var value = bytes.AsSpan(byteIndex, byteCount);
            // What is no ASCII names no header; as a question mark it names none either.
            for (var i = 0; i < value.Length; i++) chars[charIndex + i] = value[i] < 0x80 ? (char)value[i] : '?';
            if (!NamesAny(value)) return byteCount;
            Both.CopyTo(0, chars, charIndex + byteCount, Both.Length);
            return byteCount + Both.Length;
        }

        public override int GetMaxCharCount(int byteCount) => byteCount + Both.Length;

        public override int GetByteCount(char[] chars, int index, int count) => throw new NotSupportedException();

        public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) => throw new NotSupportedException();

        public override int GetMaxByteCount(int charCount) => throw new NotSupportedException();

        private static bool NamesAny(ReadOnlySpan<byte> value)
        {
            foreach (var range in value.Split((byte)','))
            {
                var option = value[range].Trim(" \t"u8);
                if (option.Length > 0 && !Ascii.EqualsIgnoreCase(option, "keep-alive"u8) && !Ascii.EqualsIgnoreCase(option, "close"u8) && !Ascii.EqualsIgnoreCase(option, "upgrade"u8)) return true;
            }

            return false;
        }
    }
}
