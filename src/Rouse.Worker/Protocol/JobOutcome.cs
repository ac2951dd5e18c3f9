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
    /// <summary>What an engine made, until <see cref="Outputs.OutputDesk"/> has found a place for it.</summary>
    public EngineResult? Result { get; init; }

    /// <summary>The same with what is large kept elsewhere, for a plane that does not take it; null where nothing can be.</summary>
    public Func<CancellationToken, Task<JobOutcome>>? Elsewhere { get; init; }

    /// <summary>The input was not taken: the caller's fault, and not the engine's.</summary>
    public bool IsRefusal { get; init; }

    public static JobOutcome Failed(string error) => new(null, error);

    public static JobOutcome Refused(string error) => new(null, error) { IsRefusal = true };

    public ReadOnlyMemory<byte> ToJson() => Write((Output?.Length ?? 0) + Envelope, writer =>
    {
        if (Error is not null)
        {
            writer.WriteString("error", Error);
            return;
        }

        WriteOutput(writer, Output);
    });

    /// <summary>A progress note: the same route, but the job goes on.</summary>
    public static ReadOnlyMemory<byte> ProgressJson(EngineProgress progress) => Write(Envelope, writer =>
    {
        writer.WriteString("status", "IN_PROGRESS");
        writer.WriteStartObject("output");
        writer.WriteString("stage", progress.Stage);
        writer.WriteNumber("step", progress.Step);
        writer.WriteNumber("steps", progress.Steps);
        writer.WriteEndObject();
    });

    /// <summary>One part of a streamed answer.</summary>
    public static ReadOnlyMemory<byte> PartJson(ReadOnlyMemory<byte> part) => Write(part.Length + Envelope, writer => WriteOutput(writer, part));

    /// <summary>Bytes around an output; more are taken where needed.</summary>
    private const int Envelope = 256;

    private static void WriteOutput(Utf8JsonWriter writer, ReadOnlyMemory<byte>? output)
    {
        writer.WritePropertyName("output");
        if (output is { Length: > 0 } json) writer.WriteRawValue(json.Span, skipInputValidation: true);
        else writer.WriteNullValue();
    }

    private static ReadOnlyMemory<byte> Write(int room, Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>(room);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }
}
