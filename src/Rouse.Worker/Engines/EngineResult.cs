using System.Text.Json;

namespace Rouse.Worker.Engines;

/// <summary>What came of a run.</summary>
internal abstract record EngineResult
{
    private EngineResult()
    {
    }

    /// <summary>An answer that is passed on as it is.</summary>
    /// <param name="Output">The job's output, one JSON value in UTF-8.</param>
    public sealed record Completed(ReadOnlyMemory<byte> Output) : EngineResult;

    /// <summary>Pictures, films or sounds, and what is to be said of them. Where they lie, in the answer or elsewhere, is not the engine's business.</summary>
    /// <param name="Files">At least one, in the order in which they were asked for.</param>
    /// <param name="WriteFacts">Writes further members of the output object.</param>
    public sealed record Made(IReadOnlyList<OutputFile> Files, Action<Utf8JsonWriter> WriteFacts) : EngineResult;

    /// <summary>Everything went ahead in parts.</summary>
    public sealed record Streamed : EngineResult;

    /// <summary>The input was not taken and nothing ran.</summary>
    /// <param name="Code">A stable word, such as <see cref="EngineFault.InvalidInput"/>.</param>
    /// <param name="Message">Names the member, what it may be and what it was.</param>
    public sealed record Refused(string Code, string Message) : EngineResult;
}

/// <summary>One thing an engine made.</summary>
/// <param name="MediaType">Such as <c>image/png</c>, <c>video/mp4</c>, <c>audio/wav</c>: its first half is what it is called in the output.</param>
/// <param name="Content">All of it.</param>
/// <param name="Seed">What it was drawn from; null where chance had no part.</param>
internal sealed record OutputFile(string MediaType, ReadOnlyMemory<byte> Content, long? Seed = null)
{
    /// <summary><c>image</c>, <c>video</c> or <c>audio</c>.</summary>
    public string Kind => MediaType[..MediaType.IndexOf('/', StringComparison.Ordinal)];
}
