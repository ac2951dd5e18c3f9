using Google.Protobuf;
using Rouse.Onnx.Graphs;
using Rouse.Onnx.Graphs.Proto;
using Rouse.Onnx.Runtime;

namespace Rouse.Onnx.Tests.Graphs;

public sealed class GraphFormatTests
{
    [Fact]
    public void Parse_KeepsTheFieldsItDoesNotKnow()
    {
        // Field 6 of ModelProto, doc_string, is not among ours: tag 0x32, length 2, "hi".
        byte[] withDocument = [.. Small().ToByteArray(), 0x32, 2, (byte)'h', (byte)'i'];
        Assert.Equal(withDocument.Length, ModelProto.Parser.ParseFrom(withDocument).CalculateSize());
    }

    [Fact]
    public void Build_WritesZeroAttributesRatherThanLeavingThemOut()
    {
        var node = Small().Graph.Node.Single(n => n.OpType == "Softmax");
        Assert.True(node.Attribute.Single().HasI);
    }

    [Fact]
    public void Build_ASavedModel_RunsAfterReadingAndWriting()
    {
        using var session = OnnxSession.FromBytes(ModelProto.Parser.ParseFrom(Small().ToByteArray()).ToByteArray());
        Assert.Equal([0.5f, 0.5f], session.Run(new Dictionary<string, OnnxTensor> { ["x"] = OnnxTensor.Create<float>([3, 3], 2) })["y"].ToFloats());
    }

    private static ModelProto Small()
    {
        var graph = new GraphBuilder("small");
        graph.Output("y", graph.Input("x", OnnxElementType.Float, "n").Softmax(0), "n");
        return graph.Build();
    }
}
