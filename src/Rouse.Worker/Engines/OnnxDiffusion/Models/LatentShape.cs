namespace Rouse.Worker.Engines.OnnxDiffusion.Models;

/// <summary>Of a picture before it is decoded.</summary>
internal readonly record struct LatentShape(int Channels, int Height, int Width)
{
    public int Count => Channels * Height * Width;
}
