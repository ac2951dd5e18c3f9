using Rouse.Onnx.Runtime;
using Rouse.Worker.Engines.OnnxDiffusion.Text;

namespace Rouse.Worker.Engines.OnnxDiffusion.Models;

/// <summary>Prompts to hidden states.</summary>
internal sealed class TextEncoder(ClipTokenizer tokenizer, LoadedModel model) : IDisposable
{
    private readonly OnnxPort _ids = model.RequireInput("input_ids");
    private readonly OnnxPort? _mask = model.Input("attention_mask");

    public static TextEncoder Open(string folder, int threads)
    {
        var tokenizer = TokenizerFiles.Read(folder);
        return new TextEncoder(tokenizer, LoadedModel.Open(folder, "text_encoder/model.onnx", threads));
    }

    public HiddenStates Encode(string prompt, CancellationToken ct)
    {
        var ids = tokenizer.Encode(prompt, out var used);
        var inputs = new Dictionary<string, OnnxTensor>(StringComparer.Ordinal)
        {
            [_ids.Name] = OnnxTensor.FromIntegers(_ids.Type, ids, 1, ids.Length),
        };
        if (_mask is not null)
        {
            long[] mask = [.. Enumerable.Range(0, ids.Length).Select(i => i < used ? 1L : 0L)];
            inputs[_mask.Name] = OnnxTensor.FromIntegers(_mask.Type, mask, 1, ids.Length);
        }

        var states = model.Run(inputs, ct);
        return states.Shape is [1, var length, var width]
            ? new HiddenStates(states.ToFloats(), length, width)
            : throw EngineException.Unusable("text_encoder/model.onnx does not give hidden states as its first output.");
    }

    public void Dispose() => model.Dispose();
}
