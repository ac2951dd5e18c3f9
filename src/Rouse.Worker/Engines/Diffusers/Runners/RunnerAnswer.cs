using System.Text.Json;

namespace Rouse.Worker.Engines.Diffusers.Runners;

/// <summary>One thing that the runner told.</summary>
/// <param name="Kind">Its member <c>answer</c>.</param>
/// <param name="Body">All of it.</param>
/// <param name="Payload">Pixels, a film, sound; most often empty.</param>
internal sealed record RunnerAnswer(string Kind, JsonElement Body, ReadOnlyMemory<byte> Payload);
