namespace Rouse.Worker.Engines.OnnxDiffusion.Models;

/// <summary>One prompt's states: <paramref name="Length"/> tokens of <paramref name="Width"/> numbers.</summary>
internal sealed record HiddenStates(float[] Values, long Length, long Width);
