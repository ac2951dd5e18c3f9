using System.Runtime.InteropServices;

namespace Rouse.Onnx.Runtime;

/// <summary>A tensor in managed memory: row-major, little-endian, as the runtime reads and writes it.</summary>
public sealed class OnnxTensor
{
    private readonly long[] _shape;

    internal OnnxTensor(OnnxElementType type, long[] shape, byte[] bytes) => (Type, _shape, Bytes) = (type, shape, bytes);

    public OnnxElementType Type { get; }

    public IReadOnlyList<long> Shape => _shape;

    internal ReadOnlySpan<long> Dimensions => _shape;

    internal byte[] Bytes { get; }

    /// <summary>Copies the values; <typeparamref name="T"/> (float, Half, double, long, int, byte, sbyte, bool) decides the element type.</summary>
    /// <exception cref="ArgumentException">The shape does not hold exactly that many values.</exception>
    public static OnnxTensor Create<T>(ReadOnlySpan<T> values, params ReadOnlySpan<long> shape) where T : unmanaged
    {
        var type = OnnxElementTypes.Of<T>();
        return CountOf(shape) == values.Length
            ? new OnnxTensor(type, shape.ToArray(), MemoryMarshal.AsBytes(values).ToArray())
            : throw new ArgumentException($"{values.Length} values do not fill the shape [{string.Join(',', shape.ToArray())}].", nameof(shape));
    }

    /// <summary>Float values as <paramref name="type"/>, which may be float, float16 or double: what a model's input asks for.</summary>
    public static OnnxTensor FromFloats(OnnxElementType type, ReadOnlySpan<float> values, params ReadOnlySpan<long> shape)
    {
        switch (type)
        {
            case OnnxElementType.Float:
                return Create(values, shape);
            case OnnxElementType.Float16:
                var halves = new Half[values.Length];
                for (var i = 0; i < halves.Length; i++) halves[i] = (Half)values[i];
                return Create<Half>(halves, shape);
            case OnnxElementType.Double:
                var doubles = new double[values.Length];
                for (var i = 0; i < doubles.Length; i++) doubles[i] = values[i];
                return Create<double>(doubles, shape);
            default:
                throw new NotSupportedException($"Floats cannot be given as {type}.");
        }
    }

    /// <summary>Whole numbers as <paramref name="type"/>, which may be int32, int64 or a float type.</summary>
    public static OnnxTensor FromIntegers(OnnxElementType type, ReadOnlySpan<long> values, params ReadOnlySpan<long> shape)
    {
        if (type == OnnxElementType.Int64) return Create(values, shape);
        if (type == OnnxElementType.Int32)
        {
            var ints = new int[values.Length];
            for (var i = 0; i < ints.Length; i++) ints[i] = checked((int)values[i]);
            return Create<int>(ints, shape);
        }

        var floats = new float[values.Length];
        for (var i = 0; i < floats.Length; i++) floats[i] = values[i];
        return FromFloats(type, floats, shape);
    }

    /// <summary>The elements in place, without a copy.</summary>
    /// <exception cref="InvalidOperationException"><typeparamref name="T"/> is not the tensor's element type.</exception>
    public ReadOnlySpan<T> As<T>() where T : unmanaged => OnnxElementTypes.Of<T>() == Type
        ? MemoryMarshal.Cast<byte, T>(Bytes)
        : throw new InvalidOperationException($"The tensor holds {Type}, not {typeof(T).Name}.");

    /// <summary>A copy as float, from float, float16 or double.</summary>
    public float[] ToFloats()
    {
        switch (Type)
        {
            case OnnxElementType.Float:
                return As<float>().ToArray();
            case OnnxElementType.Float16:
                var halves = As<Half>();
                var result = new float[halves.Length];
                for (var i = 0; i < result.Length; i++) result[i] = (float)halves[i];
                return result;
            case OnnxElementType.Double:
                var doubles = As<double>();
                var narrowed = new float[doubles.Length];
                for (var i = 0; i < narrowed.Length; i++) narrowed[i] = (float)doubles[i];
                return narrowed;
            default:
                throw new InvalidOperationException($"A tensor of {Type} cannot be read as floats.");
        }
    }

    internal static long CountOf(ReadOnlySpan<long> shape)
    {
        var count = 1L;
        foreach (var size in shape) count = checked(count * size);
        return count;
    }
}
