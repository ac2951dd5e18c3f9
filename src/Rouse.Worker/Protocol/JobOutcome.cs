using System.Buffers;
using System.Text.Json;
using Rouse.Worker.Engines;

namespace Rouse.Worker.Protocol;

/// <summary>How a job ended, as <c>job-done</c> is told it.</summary>
/// <param name="Output">The engine's answer, one JSON value; null with an <paramref name="Error"/>.</param>
/// <param name="Error">Makes the job FAILED.</param>
/// <param name="IsStream">Parts went ahead through <c>job-stream</c>.</param>
internal sealed record JobOutcome(ReadOnlyMemory<byte>? Output, string? Error, bool IsStream = false)
{
    public static JobOutcome Failed(string error) => new(null, error);

    public ReadOnlyMemory<byte> ToJson() => Write(writer =>
    {
        if (Error is not null)
        {
            writer.WriteString("error", Error);
            return;
        }

        WriteOutput(writer, Output);
    });

    /// <summary>A progress note: the same route, but the job goes on.</summary>
    public static ReadOnlyMemory<byte> ProgressJson(EngineProgress progress) => Write(writer =>
    {
        writer.WriteString("status", "IN_PROGRESS");
        writer.WriteStartObject("output");
        writer.WriteString("stage", progress.Stage);
        writer.WriteNumber("step", progress.Step);
        writer.WriteNumber("steps", progress.Steps);
        writer.WriteEndObject();
    });

    /// <summary>One part of a streamed answer.</summary>
    public static ReadOnlyMemory<byte> PartJson(ReadOnlyMemory<byte> part) => Write(writer => WriteOutput(writer, part));

    private static void WriteOutput(Utf8JsonWriter writer, ReadOnlyMemory<byte>? output)
    {
        writer.WritePropertyName("output");
        if (output is { Length: > 0 } json) writer.WriteRawValue(json.Span);
        else writer.WriteNullValue();
    }

    private static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }
}
