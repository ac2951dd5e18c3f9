using Rouse.Onnx.Runtime;

namespace Rouse.Worker.Engines.OnnxDiffusion.Models;

/// <summary>One of a repository's ONNX models, loaded; runtime faults become this engine's.</summary>
internal sealed class LoadedModel : IDisposable
{
    private readonly string _name;
    private readonly OnnxSession _session;

    private LoadedModel(string name, OnnxSession session) => (_name, _session) = (name, session);

    public static LoadedModel Open(string folder, string name, int threads)
    {
        try
        {
            return new LoadedModel(name, OnnxSession.Open(Path.Combine(folder, name), threads));
        }
        catch (OnnxException error) when (error.Code == OnnxErrorCode.LibraryMissing)
        {
            throw new EngineException(EngineFault.EngineFailed, error.Message, error);
        }
        catch (OnnxException error) when (error.IsOutOfMemory)
        {
            throw OutOfMemory(name, error);
        }
        catch (OnnxException error)
        {
            throw EngineException.Unusable($"{name} could not be loaded: {error.Message}", inner: error);
        }
    }

    public OnnxPort? Input(string port) => _session.Inputs.FirstOrDefault(p => p.Name == port);

    /// <exception cref="EngineException">The model has no such input: it was exported for another pipeline.</exception>
    public OnnxPort RequireInput(string port) => Input(port)
        ?? throw EngineException.Unusable($"{_name} has no input '{port}'.");

    public OnnxPort OnlyInput => _session.Inputs is [var only] ? only : throw EngineException.Unusable($"{_name} should have one input.");

    /// <summary>Runs the model; answers its first output, which is the one that pipelines use.</summary>
    public OnnxTensor Run(IReadOnlyDictionary<string, OnnxTensor> inputs, CancellationToken ct)
    {
        try
        {
            return _session.Run(inputs, ct)[_session.Outputs[0].Name];
        }
        catch (OnnxException error) when (error.IsOutOfMemory)
        {
            throw OutOfMemory(_name, error);
        }
        catch (OnnxException error)
        {
            throw new EngineException(
                EngineFault.EngineFailed,
                $"{_name} failed: {error.Message} Try a width and height that are multiples of 64; if that fails too, export the model again.",
                error);
        }
    }

    public void Dispose() => _session.Dispose();

    private static EngineException OutOfMemory(string name, OnnxException error) => new(
        EngineFault.OutOfMemory,
        $"{name} needs more memory than there is. Ask for a smaller picture, use a float16 export, or choose a larger machine.",
        error);
}
