using System.Text;

namespace Rouse.TestKit.Otlp;

/// <summary>Protocol Buffers' wire format, as much of it as OTLP's messages use.</summary>
internal static class Wire
{
    /// <summary>The fields with this number: messages and texts as their bytes, numbers of fixed size as their eight or four.</summary>
    public static IEnumerable<byte[]> Fields(byte[] message, int number)
    {
        List<byte[]> found = [];
        var at = 0;
        while (at < message.Length)
        {
            var tag = Varint(message, ref at);
            if ((tag & 7) == 0)
            {
                Varint(message, ref at);
                continue;
            }

            var length = (tag & 7) switch
            {
                1 => 8,
                2 => (int)Varint(message, ref at),
                5 => 4,
                var other => throw new InvalidDataException($"Wire type {other}."),
            };
            if (tag >> 3 == (ulong)number) found.Add(message[at..(at + length)]);
            at += length;
        }

        return found;
    }

    /// <summary>The only one; empty where it is left out.</summary>
    public static string Text(byte[] message, int number) => Encoding.UTF8.GetString(Fields(message, number).SingleOrDefault([]));

    /// <summary><c>KeyValue</c>s with texts as values.</summary>
    public static Dictionary<string, string> Attributes(byte[] message, int number) =>
        Fields(message, number).ToDictionary(static pair => Text(pair, 1), static pair => Text(Fields(pair, 2).Single(), 1), StringComparer.Ordinal);

    private static ulong Varint(byte[] message, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var part = message[at++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return value;
        }
    }
}
