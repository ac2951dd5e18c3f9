namespace Rouse.Onnx.Graphs;

/// <summary>A tensor inside a graph being built. Operators add nodes, so that a graph reads like the formula it computes.</summary>
internal readonly record struct Value(GraphBuilder Graph, string Name)
{
    public static Value operator +(Value a, Value b) => a.Graph.Apply("Add", [a, b]);

    public static Value operator -(Value a, Value b) => a.Graph.Apply("Sub", [a, b]);

    public static Value operator *(Value a, Value b) => a.Graph.Apply("Mul", [a, b]);

    public static Value operator /(Value a, Value b) => a.Graph.Apply("Div", [a, b]);

    public static Value operator +(Value a, float b) => a + a.Graph.Scalar(b);

    public static Value operator +(float a, Value b) => b + a;

    public static Value operator -(Value a, float b) => a - a.Graph.Scalar(b);

    public static Value operator -(float a, Value b) => b.Graph.Scalar(a) - b;

    public static Value operator *(Value a, float b) => a * a.Graph.Scalar(b);

    public static Value operator *(float a, Value b) => b * a;

    public static Value operator /(Value a, float b) => a / a.Graph.Scalar(b);

    public Value MatMul(Value other) => Graph.Apply("MatMul", [this, other]);

    public Value Sqrt() => Graph.Apply("Sqrt", [this]);

    public Value Exp() => Graph.Apply("Exp", [this]);

    public Value Tanh() => Graph.Apply("Tanh", [this]);

    public Value Sigmoid() => Graph.Apply("Sigmoid", [this]);

    public Value Clip(float low, float high) => Graph.Apply("Clip", [this, Graph.Scalar(low), Graph.Scalar(high)]);

    public Value Softmax(int axis) => Graph.Apply("Softmax", [this], ("axis", axis));

    public Value Transpose(params long[] order) => Graph.Apply("Transpose", [this], ("perm", order));

    /// <summary>Elements [from, to) along one axis.</summary>
    public Value Slice(int axis, long from, long to) =>
        Graph.Apply("Slice", [this, Graph.Integers([from]), Graph.Integers([to]), Graph.Integers([axis])]);

    /// <summary>0 keeps a dimension, -1 takes what is left.</summary>
    public Value Reshape(params long[] shape) => Graph.Apply("Reshape", [this, Graph.Integers(shape)]);

    public Value Gather(Value indices) => Graph.Apply("Gather", [this, indices], ("axis", 0));

    /// <summary>Sums over the axes and keeps them at size 1.</summary>
    public Value Sum(params long[] axes) => Graph.Apply("ReduceSum", [this, Graph.Integers(axes)], ("keepdims", 1));

    public Value Mean(params long[] axes) => Graph.Apply("ReduceMean", [this], ("axes", axes), ("keepdims", 1));

    public Value Size(int axis) => Graph.Apply("Shape", [this], ("start", axis), ("end", axis + 1));

    public Value Cast(Runtime.OnnxElementType type) => Graph.Apply("Cast", [this], ("to", (int)type));

    public Value ToFloats() => Cast(Graph.Floats);
}
