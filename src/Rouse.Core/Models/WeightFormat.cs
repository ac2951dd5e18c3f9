namespace Rouse.Core.Models;

public enum WeightFormat
{
    Safetensors,
    Onnx,
    Gguf,

    /// <summary>Python's object stream: loading it runs the code in it, so no worker of ours opens one.</summary>
    Pickle,
}
