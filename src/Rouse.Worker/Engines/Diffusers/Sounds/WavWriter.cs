using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Rouse.Worker.Engines.Diffusers.Sounds;

/// <summary>Writes RIFF/WAVE (Microsoft, Multimedia Programming Interface 1.0): one channel of 16-bit samples.</summary>
internal static class WavWriter
{
    private const int HeadLength = 44, FormatLength = 16, SampleSize = 2;
    private const ushort Pcm = 1;

    /// <param name="samples">32-bit floats, little-endian, as the runner sends them; beyond −1 and 1 they are cut.</param>
    /// <param name="rate">Samples a second.</param>
    public static byte[] Write(ReadOnlySpan<byte> samples, int rate)
    {
        var values = MemoryMarshal.Cast<byte, float>(samples);
        var file = new byte[HeadLength + (values.Length * SampleSize)];
        "RIFF"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(4), file.Length - 8);
        "WAVEfmt "u8.CopyTo(file.AsSpan(8));
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(16), FormatLength);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(20), Pcm);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(22), 1);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(24), rate);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(28), rate * SampleSize);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(32), SampleSize);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(34), SampleSize * 8);
        "data"u8.CopyTo(file.AsSpan(36));
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(40), values.Length * SampleSize);
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(HeadLength + (i * SampleSize)), (short)MathF.Round(Math.Clamp(values[i], -1f, 1f) * short.MaxValue));
        return file;
    }
}
