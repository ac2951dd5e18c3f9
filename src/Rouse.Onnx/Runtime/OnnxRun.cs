using System.Runtime.InteropServices;

namespace Rouse.Onnx.Runtime;

/// <summary>The native side of one run: pinned inputs, names, options and outputs, all let go at its end.</summary>
internal sealed unsafe class OnnxRun : IDisposable
{
    private readonly OrtApi _api;
    private readonly IReadOnlyList<OnnxPort> _outputs;
    private readonly OrtHandle _options;
    private readonly List<GCHandle> _pins = [];
    private readonly List<OrtHandle> _values = [];
    private readonly List<nint> _names = [];

    public OnnxRun(OrtApi api, IReadOnlyDictionary<string, OnnxTensor> inputs, IReadOnlyList<OnnxPort> outputs)
    {
        (_api, _outputs) = (api, outputs);
        nint made;
        api.Check(((delegate* unmanaged<nint*, nint>)api[OrtFunction.CreateRunOptions])(&made));
        _options = new OrtHandle(api, made, OrtFunction.ReleaseRunOptions);
        try
        {
            foreach (var (name, tensor) in inputs) AddInput(name, tensor);
            foreach (var output in outputs) _names.Add(Marshal.StringToCoTaskMemUTF8(output.Name));
        }
        catch (OnnxException)
        {
            Dispose();
            throw;
        }
    }

    public void Terminate() => _api.Check(((delegate* unmanaged<nint, nint>)_api[OrtFunction.RunOptionsSetTerminate])(_options.Pointer));

    public Dictionary<string, OnnxTensor> Execute(OrtHandle session)
    {
        var inputs = _values.ConvertAll(v => v.Pointer).ToArray();
        var names = _names.ToArray();
        var produced = new nint[_outputs.Count];
        var held = false;
        session.DangerousAddRef(ref held);
        try
        {
            fixed (nint* inputValues = inputs, allNames = names, outputValues = produced)
            {
                _api.Check(((delegate* unmanaged<nint, nint, nint*, nint*, nuint, nint*, nuint, nint*, nint>)_api[OrtFunction.Run])(
                    session.Pointer, _options.Pointer, allNames, inputValues, (nuint)inputs.Length,
                    allNames + inputs.Length, (nuint)produced.Length, outputValues));
            }
        }
        finally
        {
            foreach (var value in produced.Where(v => v != 0)) _values.Add(new OrtHandle(_api, value, OrtFunction.ReleaseValue));
            session.DangerousRelease();
        }

        var results = new Dictionary<string, OnnxTensor>(StringComparer.Ordinal);
        for (var i = 0; i < produced.Length; i++) results[_outputs[i].Name] = CopyOut(_outputs[i].Name, produced[i]);
        return results;
    }

    public void Dispose()
    {
        foreach (var value in _values) value.Dispose();
        foreach (var pin in _pins) pin.Free();
        foreach (var name in _names) Marshal.FreeCoTaskMem(name);
        _options.Dispose();
    }

    private void AddInput(string name, OnnxTensor tensor)
    {
        var pin = GCHandle.Alloc(tensor.Bytes, GCHandleType.Pinned);
        _pins.Add(pin);
        _names.Add(Marshal.StringToCoTaskMemUTF8(name));
        nint value;
        fixed (long* shape = tensor.Dimensions)
        {
            _api.Check(((delegate* unmanaged<nint, nint, nuint, long*, nuint, int, nint*, nint>)_api[OrtFunction.CreateTensorWithDataAsOrtValue])(
                _api.CpuMemory, pin.AddrOfPinnedObject(), (nuint)tensor.Bytes.Length,
                shape, (nuint)tensor.Dimensions.Length, (int)tensor.Type, &value));
        }

        _values.Add(new OrtHandle(_api, value, OrtFunction.ReleaseValue));
    }

    private OnnxTensor CopyOut(string name, nint value)
    {
        nint info, data;
        _api.Check(((delegate* unmanaged<nint, nint*, nint>)_api[OrtFunction.GetTensorTypeAndShape])(value, &info));
        using var owned = new OrtHandle(_api, info, OrtFunction.ReleaseTensorTypeAndShapeInfo);
        var (type, shape) = OnnxPorts.Describe(_api, info);
        if (type.Size() == 0) throw new NotSupportedException($"The output '{name}' is of a type this binding does not carry.");
        _api.Check(((delegate* unmanaged<nint, nint*, nint>)_api[OrtFunction.GetTensorMutableData])(value, &data));
        var length = checked((int)(OnnxTensor.CountOf(shape) * type.Size()));
        return new OnnxTensor(type, shape, new ReadOnlySpan<byte>((void*)data, length).ToArray());
    }
}
