using System.Runtime.InteropServices;

namespace Rouse.Onnx.Runtime;

/// <summary>An input or output of a model. A dimension of -1 may have any size.</summary>
public sealed record OnnxPort(string Name, OnnxElementType Type, IReadOnlyList<long> Shape);

/// <summary>Asks a session for its ports.</summary>
internal static unsafe class OnnxPorts
{
    public static OnnxPort[] Inputs(OrtApi api, OrtHandle session) =>
        Read(api, session, OrtFunction.SessionGetInputCount, OrtFunction.SessionGetInputName, OrtFunction.SessionGetInputTypeInfo);

    public static OnnxPort[] Outputs(OrtApi api, OrtHandle session) =>
        Read(api, session, OrtFunction.SessionGetOutputCount, OrtFunction.SessionGetOutputName, OrtFunction.SessionGetOutputTypeInfo);

    /// <summary>Element type and dimensions of an <c>OrtTensorTypeAndShapeInfo</c>.</summary>
    public static (OnnxElementType Type, long[] Shape) Describe(OrtApi api, nint info)
    {
        int type;
        nuint rank;
        api.Check(((delegate* unmanaged<nint, int*, nint>)api[OrtFunction.GetTensorElementType])(info, &type));
        api.Check(((delegate* unmanaged<nint, nuint*, nint>)api[OrtFunction.GetDimensionsCount])(info, &rank));
        var shape = new long[rank];
        fixed (long* dimensions = shape)
            api.Check(((delegate* unmanaged<nint, long*, nuint, nint>)api[OrtFunction.GetDimensions])(info, dimensions, rank));
        return ((OnnxElementType)type, shape);
    }

    private static OnnxPort[] Read(OrtApi api, OrtHandle session, OrtFunction count, OrtFunction name, OrtFunction typeInfo)
    {
        nuint length;
        api.Check(((delegate* unmanaged<nint, nuint*, nint>)api[count])(session.Pointer, &length));
        var ports = new OnnxPort[length];
        for (nuint i = 0; i < length; i++)
        {
            nint text, info, tensor;
            api.Check(((delegate* unmanaged<nint, nuint, nint, nint*, nint>)api[name])(session.Pointer, i, api.Allocator, &text));
            var portName = Marshal.PtrToStringUTF8(text) ?? "";
            api.Check(((delegate* unmanaged<nint, nint, nint>)api[OrtFunction.AllocatorFree])(api.Allocator, text));
            api.Check(((delegate* unmanaged<nint, nuint, nint*, nint>)api[typeInfo])(session.Pointer, i, &info));
            using var owned = new OrtHandle(api, info, OrtFunction.ReleaseTypeInfo);

            // A view into the type info, not to be released; null for sequences and maps.
            api.Check(((delegate* unmanaged<nint, nint*, nint>)api[OrtFunction.CastTypeInfoToTensorInfo])(info, &tensor));
            var (type, shape) = tensor == 0 ? (OnnxElementType.Undefined, []) : Describe(api, tensor);
            ports[i] = new OnnxPort(portName, type, shape);
        }

        return ports;
    }
}
