using System.Runtime.InteropServices;

namespace Rouse.Onnx.Runtime;

internal static unsafe class OnnxSessionOptions
{
    /// <summary>
    /// Nodes run one after another, each over <paramref name="threads"/> threads, which sleep rather than spin between runs: several workers may
    /// share the machine, and an idle one must cost nothing.
    /// </summary>
    public static OrtHandle Create(OrtApi api, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        nint made;
        api.Check(((delegate* unmanaged<nint*, nint>)api[OrtFunction.CreateSessionOptions])(&made));
        var options = new OrtHandle(api, made, OrtFunction.ReleaseSessionOptions);
        api.Check(((delegate* unmanaged<nint, int, nint>)api[OrtFunction.SetIntraOpNumThreads])(made, threads));
        api.Check(((delegate* unmanaged<nint, int, nint>)api[OrtFunction.SetInterOpNumThreads])(made, 1));
        fixed (byte* key = "session.intra_op.allow_spinning\0"u8, value = "0\0"u8)
            api.Check(((delegate* unmanaged<nint, byte*, byte*, nint>)api[OrtFunction.AddSessionConfigEntry])(made, key, value));
        return options;
    }
}
