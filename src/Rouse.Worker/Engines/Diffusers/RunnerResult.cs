using System.Text.Json;

namespace Rouse.Worker.Engines.Diffusers;

/// <summary>What a run made, and what the runner said of it at the end.</summary>
/// <param name="Width">Pixels; 0 for sound.</param>
/// <param name="Frames">Of a film; 0 for all else.</param>
internal sealed record RunnerResult(IReadOnlyList<OutputFile> Files, int Width, int Height, int Frames, JsonElement Answer);
