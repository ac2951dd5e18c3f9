namespace Rouse.Worker.Engines.OnnxDiffusion.Text;

/// <summary>What <c>tokenizer_config.json</c> says; the special tokens must be in the vocabulary.</summary>
internal sealed record ClipTokenizerSettings(string Start, string End, string Padding, string Unknown, bool LowerCase, int Length)
{
    /// <summary>Positions a CLIP text model has.</summary>
    public const int MaxLength = 77;
}
