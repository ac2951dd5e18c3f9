namespace Rouse.Core.Models;

/// <summary>
/// What a worker runs a model with. The order of the members is the order in which one is chosen where several could; specs keep their numbers, so a new one
/// comes last.
/// </summary>
public enum WorkerEngine
{
    /// <summary>Rouse's own, on ONNX Runtime.</summary>
    Onnx,

    /// <summary>diffusers and transformers, in Python.</summary>
    Diffusers,

    /// <summary>An Automatic1111 WebUI beside the worker.</summary>
    A1111,

    /// <summary>Any program that the operator names.</summary>
    Process,
}
