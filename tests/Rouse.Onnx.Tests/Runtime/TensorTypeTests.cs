using Google.Protobuf;
using Rouse.Onnx.Graphs;
using Rouse.Onnx.Runtime;

namespace Rouse.Onnx.Tests.Runtime;

public sealed class TensorTypeTests
{
    [Fact]
    public void Run_ForEachElementType_CarriesTheValuesThrough()
    {
        RoundTrip<float>([-1.5f, 0, float.MaxValue], OnnxElementType.Float);
        RoundTrip<Half>([(Half)(-1.5f), Half.Zero, Half.MaxValue], OnnxElementType.Float16);
        RoundTrip<double>([-1.5, 0, double.MaxValue], OnnxElementType.Double);
        RoundTrip<long>([long.MinValue, 0, long.MaxValue], OnnxElementType.Int64);
        RoundTrip<int>([int.MinValue, 0, int.MaxValue], OnnxElementType.Int32);
        RoundTrip<byte>([0, 1, 255], OnnxElementType.UInt8);
        RoundTrip<sbyte>([-128, 0, 127], OnnxElementType.Int8);
        RoundTrip<bool>([true, false, true], OnnxElementType.Bool);
    }

    [Fact]
    public void Create_WhenTheShapeDoesNotHoldTheValues_Throws() =>
        Assert.Throws<ArgumentException>(() => OnnxTensor.Create<float>([1, 2, 3], 2, 2));

    [Fact]
    public void As_AnotherTypeThanTheTensors_Throws() =>
        Assert.Throws<InvalidOperationException>(() => OnnxTensor.Create<int>([1], 1).As<float>().Length);

    [Fact]
    public void FromFloats_ToHalf_ReadsBackAsFloats() =>
        Assert.Equal([0.5f, -2f], OnnxTensor.FromFloats(OnnxElementType.Float16, [0.5f, -2f], 2).ToFloats());

    [Fact]
    public void FromIntegers_BeyondInt32_ThrowsRatherThanWraps() =>
        Assert.Throws<OverflowException>(() => OnnxTensor.FromIntegers(OnnxElementType.Int32, [1L << 40], 1));

    private static void RoundTrip<T>(T[] values, OnnxElementType type) where T : unmanaged
    {
        var graph = new GraphBuilder("identity", type);
        graph.Output("y", graph.Input("x", type, "n"), "n");
        using var session = OnnxSession.FromBytes(graph.Build().ToByteArray(), threads: 1);
        Assert.Equal(type, Assert.Single(session.Inputs).Type);
        var result = session.Run(new Dictionary<string, OnnxTensor> { ["x"] = OnnxTensor.Create<T>(values, values.Length) });
        Assert.Equal(values, result["y"].As<T>().ToArray());
    }
}
