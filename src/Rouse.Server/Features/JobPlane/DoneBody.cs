using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Rouse.Server.Features.JobPlane;

/// <summary>What a worker posts to <c>job-done</c> and <c>job-stream</c>. The output stays the bytes that came.</summary>
internal sealed record DoneBody(byte[]? Output, string? Error, bool IsProgress, bool StopPod)
{
    /// <summary>Of a result that cannot be kept: the job ends FAILED with the reason, rather than running again to the same end.</summary>
    public static DoneBody Unusable(string reason) => new(Output: null, reason, IsProgress: false, StopPod: false);

    /// <param name="body">JSON in UTF-8; null: it was longer than <paramref name="maxBytes"/>.</param>
    /// <param name="maxBytes">For the reason.</param>
    /// <param name="maxDepth">Of nesting.</param>
    /// <param name="isStream">The end of a streamed job: an empty list then means that there is no output besides the items.</param>
    public static DoneBody Parse(byte[]? body, long maxBytes, int maxDepth, bool isStream)
    {
        if (body is null) return Unusable($"The worker's result is larger than {maxBytes} bytes. Have the worker upload it and return a URL.");
        try
        {
            if (Utf8.IsValid(body)) return Parse(body, maxDepth, isStream);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // The latter for half a surrogate pair, which JSON's grammar lets by and no text can hold.
            // Told below.
        }

        return Unusable($"The worker's result is not JSON in UTF-8, or nested deeper than {maxDepth}.");
    }

    private static DoneBody Parse(byte[] body, int maxDepth, bool isStream)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = maxDepth });
        JsonSlice? output = null, error = null, status = null, stopPod = null;
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw new JsonException();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("output"u8)) output = JsonSlice.Next(ref reader);
            else if (reader.ValueTextEquals("error"u8)) error = JsonSlice.Next(ref reader);
            else if (reader.ValueTextEquals("status"u8)) status = JsonSlice.Next(ref reader);
            else if (reader.ValueTextEquals("stopPod"u8)) stopPod = JsonSlice.Next(ref reader);
            else reader.Skip();
        }

        reader.Read();
        if (isStream && output is { Kind: JsonTokenType.StartArray, IsEmpty: true }) output = null;
        var isProgress = status is { } word && word.Span(body).SequenceEqual("\"IN_PROGRESS\""u8);
        return new DoneBody(output?.Copy(body), ErrorText(body, error), isProgress, stopPod is { Kind: JsonTokenType.True });
    }

    /// <summary>Workers send text; should one send an object, its JSON is the text.</summary>
    private static string? ErrorText(byte[] body, JsonSlice? error) => error switch
    {
        null or { Kind: JsonTokenType.Null } => null,
        { Kind: JsonTokenType.String } text => JsonSerializer.Deserialize<string>(text.Span(body)),
        { } other => Encoding.UTF8.GetString(other.Span(body)),
    };
}
