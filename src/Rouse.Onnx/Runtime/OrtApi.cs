using System.Runtime.InteropServices;

namespace Rouse.Onnx.Runtime;

/// <summary>The native library, loaded once per process: its function table, its environment and the CPU's memory.</summary>
internal sealed unsafe class OrtApi
{
    /// <summary>Asked of the library. 17 is the oldest with all we call, so that an older library of the user's own still serves.</summary>
    public const uint Version = 17;

    public const string PathVariable = "ROUSE_ONNXRUNTIME";
    private const int LogFatalOnly = 4; // errors reach the caller as exceptions; saying them on stderr too would be noise
    private const int DeviceAllocator = 0, DefaultMemory = 0;
    private static readonly Lock Gate = new();
    private static OrtApi? _instance;

    private readonly nint* _table;

    private OrtApi(nint* table, string libraryVersion)
    {
        _table = table;
        LibraryVersion = libraryVersion;
        nint made;
        fixed (byte* name = "rouse\0"u8)
            Check(((delegate* unmanaged<int, byte*, nint*, nint>)this[OrtFunction.CreateEnv])(LogFatalOnly, name, &made));
        Environment = made;
        Check(((delegate* unmanaged<int, int, nint*, nint>)this[OrtFunction.CreateCpuMemoryInfo])(DeviceAllocator, DefaultMemory, &made));
        CpuMemory = made;
        Check(((delegate* unmanaged<nint*, nint>)this[OrtFunction.GetAllocatorWithDefaultOptions])(&made));
        Allocator = made;
    }

    /// <exception cref="OnnxException">With <see cref="OnnxErrorCode.LibraryMissing"/>; a later call tries again.</exception>
    public static OrtApi Instance
    {
        get
        {
            lock (Gate) return _instance ??= Load();
        }
    }

    public string LibraryVersion { get; }

    // The next three live as long as the process: sessions may outlast any order of disposal.
    public nint Environment { get; }

    public nint CpuMemory { get; }

    public nint Allocator { get; }

    public nint this[OrtFunction function] => _table[(int)function];

    /// <summary>Every call answers null or a status; a status becomes an exception with the runtime's text.</summary>
    public void Check(nint status)
    {
        if (status == 0) return;
        var code = ((delegate* unmanaged<nint, int>)this[OrtFunction.GetErrorCode])(status);
        var text = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint, nint>)this[OrtFunction.GetErrorMessage])(status));
        ((delegate* unmanaged<nint, void>)this[OrtFunction.ReleaseStatus])(status);
        throw new OnnxException((OnnxErrorCode)code, text ?? "ONNX Runtime gave no reason.");
    }

    private static OrtApi Load()
    {
        OrtTelemetry.TurnOff();
        var given = System.Environment.GetEnvironmentVariable(PathVariable);
        var path = string.IsNullOrEmpty(given) ? Path.Combine(AppContext.BaseDirectory, FileName) : given;
        if (!NativeLibrary.TryLoad(path, out var library) || !NativeLibrary.TryGetExport(library, "OrtGetApiBase", out var export))
            throw Missing($"ONNX Runtime could not be loaded from {path}. Set {PathVariable} to its library, version 1.{Version} or later.");

        // OrtApiBase: GetApi(version), then GetVersionString().
        var functions = ((delegate* unmanaged<nint*>)export)();
        var version = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)functions[1])()) ?? "unknown";
        var table = (nint*)((delegate* unmanaged<uint, nint>)functions[0])(Version);
        return table is null
            ? throw Missing($"ONNX Runtime {version} at {path} is too old. Set {PathVariable} to the path of version 1.{Version} or later.")
            : new OrtApi(table, version);
    }

    private static string FileName => OperatingSystem.IsMacOS() ? "libonnxruntime.1.dylib"
        : OperatingSystem.IsWindows() ? "onnxruntime.dll" : "libonnxruntime.so.1";

    private static OnnxException Missing(string message) => new(OnnxErrorCode.LibraryMissing, message);
}
