using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Rouse.Worker.Engines.Process;

/// <summary>What a server streams, as parts: the data of each event (text/event-stream), or each line.</summary>
internal static class StreamLines
{
    /// <summary>Bytes of one part: what Runpod's job plane takes.</summary>
    public const int MaxPart = 1 << 20;

    private static ReadOnlySpan<byte> Data => "data:"u8;

    /// <summary>Each event's data; its lines are joined again by breaks. Comments, names and ids of events are passed over.</summary>
    /// <exception cref="EngineException">An event is longer than <see cref="MaxPart"/>.</exception>
    public static async IAsyncEnumerable<byte[]> EventsAsync(Stream stream, [EnumeratorCancellation] CancellationToken ct)
    {
        var data = new ArrayBufferWriter<byte>();
        await foreach (var line in LinesAsync(stream, ct))
        {
            if (line.Length == 0)
            {
                if (data.WrittenCount > 0) yield return data.WrittenSpan.ToArray();
                data.ResetWrittenCount();
            }
            else if (line.AsSpan().StartsWith(Data))
            {
                if (data.WrittenCount > 0) data.Write("\n"u8);
                var value = line.AsMemory(Data.Length);
                data.Write((value.Length > 0 && value.Span[0] == (byte)' ' ? value[1..] : value).Span);
                if (data.WrittenCount > MaxPart) throw TooLong();
            }
        }

        // The standard drops an event that no blank line ends; a server that just closes means it all the same.
        if (data.WrittenCount > 0) yield return data.WrittenSpan.ToArray();
    }

    /// <summary>Without their breaks; the last need not have one.</summary>
    /// <exception cref="EngineException">A line is longer than <see cref="MaxPart"/>.</exception>
    public static async IAsyncEnumerable<byte[]> LinesAsync(Stream stream, [EnumeratorCancellation] CancellationToken ct)
    {
        var reader = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));
        while (true)
        {
            var read = await reader.ReadAsync(ct);
            var rest = read.Buffer;
            while (TryLine(ref rest, read.IsCompleted) is { } line) yield return line;
            if (rest.Length > MaxPart) throw TooLong();
            reader.AdvanceTo(rest.Start, rest.End);
            if (read.IsCompleted) break;
        }
    }

    private static byte[]? TryLine(ref ReadOnlySequence<byte> rest, bool isLast)
    {
        byte[] line;
        if (rest.PositionOf((byte)'\n') is { } end)
        {
            line = rest.Slice(0, end).ToArray();
            rest = rest.Slice(rest.GetPosition(1, end));
        }
        else if (isLast && rest.Length > 0)
        {
            line = rest.ToArray();
            rest = rest.Slice(rest.End);
        }
        else
        {
            return null;
        }

        if (line.Length > MaxPart) throw TooLong();
        return line is [.., (byte)'\r'] ? line[..^1] : line;
    }

    private static EngineException TooLong() => new(EngineFault.EngineFailed, $"The server streamed a part longer than {MaxPart} bytes. Have it send smaller ones, or do not ask for a stream.");
}
