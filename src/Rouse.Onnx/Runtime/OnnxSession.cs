using System.Runtime.InteropServices;

namespace Rouse.Onnx.Runtime;

/// <summary>A model loaded into the runtime. Runs may overlap; disposal waits for none, so the owner ends its runs first.</summary>
public sealed unsafe class OnnxSession : IDisposable
{
    private readonly OrtApi _api;
    private readonly OrtHandle _session;

    private OnnxSession(OrtApi api, nint session)
    {
        _api = api;
        _session = new OrtHandle(api, session, OrtFunction.ReleaseSession);
        Inputs = OnnxPorts.Inputs(api, _session);
        Outputs = OnnxPorts.Outputs(api, _session);
    }

    /// <summary>Version of the native library, such as <c>1.30.0</c>.</summary>
    /// <exception cref="OnnxException">The library is missing or too old.</exception>
    public static string RuntimeVersion => OrtApi.Instance.LibraryVersion;

    public IReadOnlyList<OnnxPort> Inputs { get; }

    public IReadOnlyList<OnnxPort> Outputs { get; }

    /// <summary>Opens a model file; weights kept in files beside it are found from its folder.</summary>
    /// <param name="path">The model file.</param>
    /// <param name="threads">Threads one run may use, 1 or more; 0 lets the runtime take one for each core.</param>
    /// <exception cref="OnnxException">The file is absent, or is no model this runtime can run.</exception>
    public static OnnxSession Open(string path, int threads = 0)
    {
        var api = OrtApi.Instance;
        using var options = OnnxSessionOptions.Create(api, threads);
        nint session;
        var text = Marshal.StringToCoTaskMemUTF8(path); // ORTCHAR_T is char except on Windows, where it is wchar_t
        var wide = Marshal.StringToCoTaskMemUni(path);
        try
        {
            var native = OperatingSystem.IsWindows() ? wide : text;
            api.Check(((delegate* unmanaged<nint, nint, nint, nint*, nint>)api[OrtFunction.CreateSession])(
                api.Environment, native, options.Pointer, &session));
        }
        finally
        {
            Marshal.FreeCoTaskMem(text);
            Marshal.FreeCoTaskMem(wide);
        }

        return new OnnxSession(api, session);
    }

    /// <summary>Opens a model held in memory, which must carry its own weights; otherwise as <see cref="Open"/>.</summary>
    public static OnnxSession FromBytes(ReadOnlySpan<byte> model, int threads = 0)
    {
        var api = OrtApi.Instance;
        using var options = OnnxSessionOptions.Create(api, threads);
        nint session;
        fixed (byte* bytes = model)
        {
            api.Check(((delegate* unmanaged<nint, byte*, nuint, nint, nint*, nint>)api[OrtFunction.CreateSessionFromArray])(
                api.Environment, bytes, (nuint)model.Length, options.Pointer, &session));
        }

        return new OnnxSession(api, session);
    }

    /// <summary>Runs the model once and answers every output.</summary>
    /// <param name="inputs">A tensor for each input, by name.</param>
    /// <param name="ct">Ends the run between two of its nodes.</param>
    /// <exception cref="OnnxException">A tensor does not fit, or a node failed.</exception>
    public IReadOnlyDictionary<string, OnnxTensor> Run(IReadOnlyDictionary<string, OnnxTensor> inputs, CancellationToken ct = default)
    {
        ct.ThrowIfCancellationRequested();
        using var run = new OnnxRun(_api, inputs, Outputs);
        using var stop = ct.Register(run.Terminate);
        try
        {
            return run.Execute(_session);
        }
        catch (OnnxException) when (ct.IsCancellationRequested)
        {
            throw new OperationCanceledException(ct);
        }
    }

    public void Dispose() => _session.Dispose();
}
