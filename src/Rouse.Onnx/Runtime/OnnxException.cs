namespace Rouse.Onnx.Runtime;

/// <summary>ONNX Runtime refused or failed; the message is the runtime's own text.</summary>
public sealed class OnnxException(OnnxErrorCode code, string message) : Exception(message)
{
    public OnnxErrorCode Code { get; } = code;

    /// <summary>The runtime has no code for memory that ran out; its allocators say so in these words.</summary>
    public bool IsOutOfMemory => Message.Contains("Failed to allocate memory", StringComparison.OrdinalIgnoreCase)
        || Message.Contains("bad_alloc", StringComparison.Ordinal) || Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase);
}

/// <summary>The C API's error codes; <see cref="LibraryMissing"/> is ours: the native library was not found or is too old.</summary>
public enum OnnxErrorCode
{
    LibraryMissing = -1,
    Ok = 0,
    Fail = 1,
    InvalidArgument = 2,
    NoSuchFile = 3,
    NoModel = 4,
    EngineError = 5,
    RuntimeException = 6,
    InvalidProtobuf = 7,
    ModelLoaded = 8,
    NotImplemented = 9,
    InvalidGraph = 10,
    ProviderFail = 11,
}
