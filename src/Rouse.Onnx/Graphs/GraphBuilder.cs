using System.Globalization;
using Google.Protobuf;
using Rouse.Onnx.Graphs.Proto;
using Rouse.Onnx.Runtime;
using AttributeType = Rouse.Onnx.Graphs.Proto.AttributeProto.Types.AttributeType;

namespace Rouse.Onnx.Graphs;

/// <summary>Builds an ONNX model node by node. Every float in it (weights, scalars) is of one type, float or float16.</summary>
internal sealed class GraphBuilder(string name, OnnxElementType floats = OnnxElementType.Float)
{
    private const long IrVersion = 8;
    private const long OperatorSet = 17;
    private readonly GraphProto _graph = new() { Name = name };
    private int _named;

    public OnnxElementType Floats => floats;

    /// <summary>A dimension is a number, or a name that stands for any size.</summary>
    public Value Input(string port, OnnxElementType type, params string[] shape)
    {
        _graph.Input.Add(Port(port, type, shape));
        return new Value(this, port);
    }

    public void Output(string port, Value value, params string[] shape)
    {
        _graph.Node.Add(new NodeProto { OpType = "Identity", Input = { value.Name }, Output = { port } });
        _graph.Output.Add(Port(port, floats, shape));
    }

    public Value Scalar(float value) => Weights([value]);

    /// <summary>Without a shape: a scalar for one value, a vector for more.</summary>
    public Value Weights(ReadOnlySpan<float> values, params long[] shape)
    {
        var dimensions = shape.Length > 0 || values.Length == 1 ? shape : [values.Length];
        return Initializer(OnnxTensor.FromFloats(floats, values, dimensions));
    }

    public Value Integers(ReadOnlySpan<long> values) => Initializer(OnnxTensor.Create(values, values.Length));

    /// <summary>Adds a node with one output. Attributes are int, float, string or long[].</summary>
    public Value Apply(string operation, ReadOnlySpan<Value> inputs, params ReadOnlySpan<(string Name, object Value)> attributes)
    {
        var result = Fresh(operation);
        var node = new NodeProto { OpType = operation, Name = result.Name, Output = { result.Name } };
        foreach (var input in inputs) node.Input.Add(input.Name);
        foreach (var (key, value) in attributes) node.Attribute.Add(Attribute(key, value));
        _graph.Node.Add(node);
        return result;
    }

    public ModelProto Build() => new()
    {
        IrVersion = IrVersion,
        ProducerName = "rouse",
        Graph = _graph,
        OpsetImport = { new OperatorSetIdProto { Domain = "", Version = OperatorSet } },
    };

    private Value Fresh(string hint) => new(this, string.Create(CultureInfo.InvariantCulture, $"{hint}_{++_named}"));

    private Value Initializer(OnnxTensor tensor)
    {
        var value = Fresh("weights");
        var proto = new TensorProto { Name = value.Name, DataType = (int)tensor.Type, RawData = ByteString.CopyFrom(tensor.Bytes) };
        proto.Dims.AddRange(tensor.Shape);
        _graph.Initializer.Add(proto);
        return value;
    }

    private static AttributeProto Attribute(string key, object value) => value switch
    {
        int i => new AttributeProto { Name = key, Type = AttributeType.Int, I = i },
        float f => new AttributeProto { Name = key, Type = AttributeType.Float, F = f },
        string s => new AttributeProto { Name = key, Type = AttributeType.String, S = ByteString.CopyFromUtf8(s) },
        long[] list => new AttributeProto { Name = key, Type = AttributeType.Ints, Ints = { list } },
        _ => throw new ArgumentException($"Attribute '{key}' cannot be a {value.GetType().Name}.", nameof(value)),
    };

    private static ValueInfoProto Port(string port, OnnxElementType type, string[] shape)
    {
        var dimensions = new TensorShapeProto();
        foreach (var size in shape)
        {
            dimensions.Dim.Add(long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var fixedSize)
                ? new TensorShapeProto.Types.Dimension { DimValue = fixedSize }
                : new TensorShapeProto.Types.Dimension { DimParam = size });
        }

        return new ValueInfoProto { Name = port, Type = new TypeProto { TensorType = new() { ElemType = (int)type, Shape = dimensions } } };
    }
}
