namespace Rouse.Worker.Engines.Diffusers.Loading;

/// <summary>The GPU that torch would use.</summary>
/// <param name="HasBfloat16">In hardware.</param>
internal sealed record Gpu(string Name, long FreeBytes, long TotalBytes, bool HasBfloat16);
