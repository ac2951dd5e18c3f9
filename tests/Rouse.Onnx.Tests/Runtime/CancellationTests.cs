using Google.Protobuf;
using Rouse.Onnx.Graphs;
using Rouse.Onnx.Runtime;

namespace Rouse.Onnx.Tests.Runtime;

public sealed class CancellationTests
{
    [Fact]
    public void Run_WhenAlreadyCancelled_DoesNotStart()
    {
        using var session = OnnxSession.FromBytes(Chain(1), threads: 1);
        Assert.Throws<OperationCanceledException>(() => session.Run(Input(4), new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task Run_WhenCancelledMidway_EndsEarlyAndTheSessionGoesOn()
    {
        // Without cancellation this takes minutes: 20,000 products of 512 x 512 matrices, and the test would time out.
        using var session = OnnxSession.FromBytes(Chain(20_000), threads: 1);
        using var cancel = new CancellationTokenSource();
        var run = Task.Run(() => session.Run(Input(512), cancel.Token), CancellationToken.None);
        cancel.CancelAfter(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAsync<OperationCanceledException>(() => run.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.Equal(4, session.Run(Input(2))["y"].ToFloats().Length);
    }

    private static Dictionary<string, OnnxTensor> Input(int side) => new(StringComparer.Ordinal)
    {
        ["x"] = OnnxTensor.Create<float>(new float[side * side], side, side),
    };

    private static byte[] Chain(int length)
    {
        var graph = new GraphBuilder("chain");
        var x = graph.Input("x", OnnxElementType.Float, "n", "n");
        var y = x;
        for (var i = 0; i < length; i++) y = y.MatMul(x);
        graph.Output("y", y, "n", "n");
        return graph.Build().ToByteArray();
    }
}
