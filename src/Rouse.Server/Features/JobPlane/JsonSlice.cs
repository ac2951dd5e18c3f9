using System.Text.Json;

namespace Rouse.Server.Features.JobPlane;

/// <summary>Where a value lies in a body that is kept as bytes.</summary>
internal readonly record struct JsonSlice(JsonTokenType Kind, int Start, int Length, bool IsEmpty)
{
    /// <summary>The value behind the property name that the reader is at; the reader then is at its end.</summary>
    public static JsonSlice Next(ref Utf8JsonReader reader)
    {
        reader.Read();
        var (kind, start) = (reader.TokenType, (int)reader.TokenStartIndex);
        var empty = true;
        if (kind is JsonTokenType.StartObject or JsonTokenType.StartArray)
        {
            var depth = reader.CurrentDepth;
            while (reader.Read() && reader.CurrentDepth > depth) empty = false;
        }

        return new JsonSlice(kind, start, (int)reader.BytesConsumed - start, empty);
    }

    public ReadOnlySpan<byte> Span(byte[] body) => body.AsSpan(Start, Length);

    public ReadOnlyMemory<byte> Memory(byte[] body) => body.AsMemory(Start, Length);

    public byte[] Copy(byte[] body) => Span(body).ToArray();
}
