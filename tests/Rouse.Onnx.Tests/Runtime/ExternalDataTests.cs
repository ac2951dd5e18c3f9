using System.Runtime.InteropServices;
using Google.Protobuf;
using Rouse.Onnx.Graphs;
using Rouse.Onnx.Graphs.Proto;
using Rouse.Onnx.Runtime;

namespace Rouse.Onnx.Tests.Runtime;

/// <summary>Large models keep their weights in a file beside the model; the hub's cache makes both of them links to blobs.</summary>
public sealed class ExternalDataTests
{
    [Fact]
    public void Open_WhenWeightsLieBesideTheModel_FindsThem()
    {
        using var folder = new TemporaryFolder();
        WriteModel(folder.Path, "weights.data");
        Assert.Equal(new float[] { 11, 22 }, Run(folder.File("model.onnx")));
    }

    [Fact]
    public void Open_ThroughLinksAsInTheHubsCache_FindsThem()
    {
        using var folder = new TemporaryFolder();
        var blobs = Directory.CreateDirectory(folder.File("blobs")).FullName;
        var snapshot = Directory.CreateDirectory(folder.File("snapshots/abc/unet")).FullName;
        WriteModel(blobs, "weights.data");
        foreach (var (name, blob) in new[] { ("model.onnx", "1111"), ("weights.data", "2222") })
        {
            File.Move(Path.Combine(blobs, name), Path.Combine(blobs, blob));
            File.CreateSymbolicLink(Path.Combine(snapshot, name), $"../../../blobs/{blob}");
        }

        Assert.Equal(new float[] { 11, 22 }, Run(Path.Combine(snapshot, "model.onnx")));
    }

    [Fact]
    public void Open_WhenWeightsAreSaidToLieOutsideTheFolder_Refuses()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("model"));
        WriteModel(folder.File("model"), "../weights.data");
        Assert.Throws<OnnxException>(() => Run(folder.File("model/model.onnx")));
    }

    private static float[] Run(string path)
    {
        using var session = OnnxSession.Open(path, threads: 1);
        return session.Run(new Dictionary<string, OnnxTensor> { ["x"] = OnnxTensor.Create<float>([1, 2], 2) })["y"].ToFloats();
    }

    private static void WriteModel(string folder, string dataFile)
    {
        float[] weights = [10, 20];
        var graph = new GraphBuilder("external");
        graph.Output("y", graph.Input("x", OnnxElementType.Float, "2") + graph.Weights(weights), "2");
        var model = graph.Build();
        var tensor = Assert.Single(model.Graph.Initializer);
        tensor.ClearRawData();
        tensor.DataLocation = TensorProto.Types.DataLocation.External;
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = dataFile });
        File.WriteAllBytes(Path.Combine(folder, dataFile), MemoryMarshal.AsBytes(weights.AsSpan()).ToArray());
        File.WriteAllBytes(Path.Combine(folder, "model.onnx"), model.ToByteArray());
    }
}
