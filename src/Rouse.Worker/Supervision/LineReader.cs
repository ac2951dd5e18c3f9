using System.Text;

namespace Rouse.Worker.Supervision;

/// <summary>Text from elsewhere, line by line, however long a line is. A carriage return ends one too: progress bars write no other.</summary>
internal static class LineReader
{
    /// <summary>Characters; the rest of a longer line is left out, so that a program that never ends one fills no memory.</summary>
    public const int MaxLength = 4_096;

    /// <summary>Until the end of the stream, or until it is closed from this side.</summary>
    public static async Task ReadAsync(Stream stream, Action<string> line)
    {
        using var reader = new StreamReader(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), detectEncodingFromByteOrderMarks: false);
        var buffer = new char[4_096];
        var current = new StringBuilder();
        try
        {
            while (await reader.ReadAsync(buffer) is var read and > 0)
            {
                foreach (var c in buffer.AsSpan(0, read))
                {
                    if (c is '\n' or '\r') End();
                    else if (current.Length < MaxLength) current.Append(c);
                }
            }
        }
        catch (Exception closed) when (closed is IOException or ObjectDisposedException)
        {
            // From this side: nobody listens any more.
        }

        End();

        void End()
        {
            if (current.Length > 0) line(current.ToString());
            current.Clear();
        }
    }
}
