namespace Rouse.Worker.Weights;

/// <summary>A model that lies on this machine already: used in place, never written to.</summary>
internal static class ModelFolder
{
    public static string Open(string path) =>
        Directory.Exists(path)
            ? Path.GetFullPath(path)
            : throw new WeightsException(FaultCodes.ModelNotFound, $"There is no folder '{path}' on this machine. Give the path of a model folder.");
}
