using System.Buffers;
using System.Text.Json;

namespace Rouse.Server.ServiceJobs;

/// <summary>A queued request in the place of a job's input, for people and webhooks. Nothing is sent by it.</summary>
internal static class JobRequestText
{
    public static byte[] Write(string method, string target, long bytes, byte[]? sha256)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("method"u8, method);
            writer.WriteString("path"u8, target);
            if (sha256 is not null)
            {
                writer.WriteNumber("body_bytes"u8, bytes);
                writer.WriteString("body_sha256"u8, Convert.ToHexStringLower(sha256));
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
