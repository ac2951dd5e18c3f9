using System.Runtime.InteropServices;

namespace Rouse.Onnx.Runtime;

/// <summary>One native object and the function that releases it.</summary>
internal sealed unsafe class OrtHandle : SafeHandle
{
    private readonly OrtApi _api;
    private readonly OrtFunction _release;

    public OrtHandle(OrtApi api, nint value, OrtFunction release) : base(0, ownsHandle: true)
    {
        (_api, _release) = (api, release);
        SetHandle(value);
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>The pointer, for a caller that keeps this object alive past the native call.</summary>
    public nint Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return handle;
        }
    }

    protected override bool ReleaseHandle()
    {
        ((delegate* unmanaged<nint, void>)_api[_release])(handle);
        return true;
    }
}
