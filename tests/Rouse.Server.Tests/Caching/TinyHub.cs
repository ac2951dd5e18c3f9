using Rouse.Onnx.Samples.TinyDiffusion;
using Rouse.TestKit.Hub;

namespace Rouse.Server.Tests.Caching;

/// <summary>A hub with repositories that a worker can really serve.</summary>
internal static class TinyHub
{
    /// <summary>The files of a model made by code.</summary>
    private static readonly Lazy<IReadOnlyList<FakeFile>> s_files = new(() =>
    {
        var folder = Directory.CreateTempSubdirectory("rouse-model-").FullName;
        TinyDiffusionModel.Write(Path.Combine(folder, "tiny"), seed: 1);
        List<FakeFile> files = [.. Directory.EnumerateFiles(Path.Combine(folder, "tiny"), "*", SearchOption.AllDirectories)
            .Select(file => FakeFile.Of(Path.GetRelativePath(Path.Combine(folder, "tiny"), file), File.ReadAllBytes(file)))];
        Directory.Delete(folder, recursive: true);
        return files;
    });

    public static FakeRepository Repository(string id, bool gated = false) => new FakeRepository(id) { IsGated = gated }.With([.. s_files.Value]);
}
