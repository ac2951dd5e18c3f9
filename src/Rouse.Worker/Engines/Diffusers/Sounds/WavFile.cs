using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Rouse.Worker.Engines.Diffusers.Sounds;

/// <summary>RIFF/WAVE (Microsoft, Multimedia Programming Interface 1.0) with 16-bit samples: the one kind that is read here.</summary>
/// <param name="Rate">Samples a second.</param>
/// <param name="Samples">One channel of 32-bit floats from −1 to 1, little-endian.</param>
internal sealed record WavFile(int Rate, ReadOnlyMemory<byte> Samples)
{
    private const int FormatLength = 16, SampleSize = 2;
    private const ushort Pcm = 1;

    /// <returns>Null for any other kind of file: it is not judged here.</returns>
    public static WavFile? Read(ReadOnlySpan<byte> file)
    {
        if (file.Length < 12 || !file[..4].SequenceEqual("RIFF"u8) || !file[8..12].SequenceEqual("WAVE"u8)) return null;
        var (rate, channels) = (0, 0);
        for (var rest = file[12..]; rest.Length >= 8;)
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
            var chunk = rest[8..][..(int)Math.Min(length, (uint)(rest.Length - 8))];
            if (rest[..4].SequenceEqual("fmt "u8))
            {
                if (chunk.Length < FormatLength || BinaryPrimitives.ReadUInt16LittleEndian(chunk) != Pcm || BinaryPrimitives.ReadUInt16LittleEndian(chunk[14..]) != SampleSize * 8) return null;
                channels = BinaryPrimitives.ReadUInt16LittleEndian(chunk[2..]);
                rate = BinaryPrimitives.ReadInt32LittleEndian(chunk[4..]);
            }
            else if (rest[..4].SequenceEqual("data"u8))
            {
                return rate > 0 && channels is 1 or 2 ? new WavFile(rate, Mix(chunk, channels)) : null;
            }

            // Chunks begin at even places.
            var step = 8L + length + (length & 1);
            if (step > rest.Length) return null;
            rest = rest[(int)step..];
        }

        return null;
    }

    private static byte[] Mix(ReadOnlySpan<byte> data, int channels)
    {
        var mixed = new float[data.Length / SampleSize / channels];
        for (var i = 0; i < mixed.Length; i++)
        {
            var sum = 0f;
            for (var channel = 0; channel < channels; channel++) sum += BinaryPrimitives.ReadInt16LittleEndian(data[(((i * channels) + channel) * SampleSize)..]);
            mixed[i] = sum / channels / 32768f;
        }

        return MemoryMarshal.AsBytes(mixed.AsSpan()).ToArray();
    }
}
