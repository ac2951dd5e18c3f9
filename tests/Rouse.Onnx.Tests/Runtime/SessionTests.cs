using Google.Protobuf;
using Rouse.Onnx.Graphs;
using Rouse.Onnx.Runtime;

namespace Rouse.Onnx.Tests.Runtime;

public sealed class SessionTests
{
    [Fact]
    public void Open_NamesPortsInOrderWithTheirShapes()
    {
        using var session = OnnxSession.FromBytes(SumAndProduct());
        Assert.Equal(["a", "b"], session.Inputs.Select(p => p.Name));
        Assert.Equal(["sum", "product"], session.Outputs.Select(p => p.Name));
        Assert.Equal([-1, 2], session.Inputs[0].Shape);
    }

    [Fact]
    public void Library_IsLoadedWithoutItsReportsToItsMaker()
    {
        using var session = OnnxSession.FromBytes(SumAndProduct());
        // Its reporter opens this file as it starts.
        Assert.False(File.Exists(Path.Combine(Path.GetTempPath(), $"mat-debug-{Environment.ProcessId}.log")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void Run_WithSeveralInputsAndOutputs_AnswersAllOnAnyNumberOfThreads(int threads)
    {
        using var session = OnnxSession.FromBytes(SumAndProduct(), threads);
        var result = session.Run(Pair([1, 2, 3, 4], [10, 20, 30, 40]));
        Assert.Equal([11f, 22, 33, 44], result["sum"].ToFloats());
        Assert.Equal([10f, 40, 90, 160], result["product"].ToFloats());
        Assert.Equal([2, 2], result["sum"].Shape);
    }

    [Fact]
    public void Run_FromManyThreadsAtOnce_KeepsRunsApart()
    {
        using var session = OnnxSession.FromBytes(SumAndProduct(), threads: 1);
        Parallel.For(0, 200, i =>
        {
            var sum = session.Run(Pair([i, i], [1, 2]))["sum"].ToFloats();
            Assert.Equal([i + 1f, i + 2f], sum);
        });
    }

    [Fact]
    public void Open_WhenTheFileIsAbsent_SaysWhichFile()
    {
        var error = Assert.Throws<OnnxException>(() => OnnxSession.Open("/nowhere/model.onnx"));
        Assert.Equal(OnnxErrorCode.NoSuchFile, error.Code);
        Assert.Contains("/nowhere/model.onnx", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_WhenTheFileIsNoModel_ThrowsWithTheRuntimesText()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("model.onnx"), "this is no model");
        var error = Assert.Throws<OnnxException>(() => OnnxSession.Open(folder.File("model.onnx")));
        Assert.Equal(OnnxErrorCode.InvalidProtobuf, error.Code);
        Assert.Contains("model.onnx", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_WhenANodeIsUnknown_NamesIt()
    {
        var graph = new GraphBuilder("g");
        graph.Output("y", graph.Apply("NoSuchOperator", [graph.Input("x", OnnxElementType.Float, "n")]), "n");
        var error = Assert.Throws<OnnxException>(() => OnnxSession.FromBytes(graph.Build().ToByteArray()));
        Assert.Contains("NoSuchOperator", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_WhenAnInputIsMissingUnknownOrMisshapen_ThrowsAndTheSessionGoesOn()
    {
        using var session = OnnxSession.FromBytes(SumAndProduct());
        var good = Pair([1, 2], [3, 4]);
        Assert.Throws<OnnxException>(() => session.Run(new Dictionary<string, OnnxTensor> { ["a"] = good["a"] }));
        Assert.Throws<OnnxException>(() => session.Run(new Dictionary<string, OnnxTensor>(good) { ["c"] = good["a"] }));
        var (wrongType, wrongShape) = (OnnxTensor.Create<long>([1, 2], 1, 2), OnnxTensor.Create<float>([1, 2, 3], 1, 3));
        Assert.Throws<OnnxException>(() => session.Run(new Dictionary<string, OnnxTensor>(good) { ["b"] = wrongType }));
        Assert.Throws<OnnxException>(() => session.Run(new Dictionary<string, OnnxTensor>(good) { ["b"] = wrongShape }));
        Assert.Equal([4f, 6], session.Run(good)["sum"].ToFloats());
    }

    [Fact]
    public void Run_AfterDisposal_Throws()
    {
        var session = OnnxSession.FromBytes(SumAndProduct());
        session.Dispose();
        session.Dispose();
        Assert.Throws<ObjectDisposedException>(() => session.Run(Pair([1, 2], [3, 4])));
    }

    [Fact]
    public void RuntimeVersion_IsTheOnePinned() => Assert.StartsWith("1.", OnnxSession.RuntimeVersion, StringComparison.Ordinal);

    private static Dictionary<string, OnnxTensor> Pair(float[] a, float[] b) => new(StringComparer.Ordinal)
    {
        ["a"] = OnnxTensor.Create<float>(a, a.Length / 2, 2),
        ["b"] = OnnxTensor.Create<float>(b, b.Length / 2, 2),
    };

    private static byte[] SumAndProduct()
    {
        var graph = new GraphBuilder("g");
        var (a, b) = (graph.Input("a", OnnxElementType.Float, "n", "2"), graph.Input("b", OnnxElementType.Float, "n", "2"));
        graph.Output("sum", a + b, "n", "2");
        graph.Output("product", a * b, "n", "2");
        return graph.Build().ToByteArray();
    }
}
