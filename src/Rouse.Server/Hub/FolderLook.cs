using Rouse.Core.Models;

namespace Rouse.Server.Hub;

/// <summary>What a folder of this machine holds, looked at as a repository is.</summary>
internal static class FolderLook
{
    /// <summary>Models have some dozens of files; a folder of far more is no model's.</summary>
    private const int MaxFiles = 10_000;

    /// <summary>Parts lie one deep; an export may have one more.</summary>
    private static readonly EnumerationOptions s_options = new() { RecurseSubdirectories = true, MaxRecursionDepth = 2, IgnoreInaccessible = true };

    public static HubLook At(ModelRef folder, FormatPolicy policy)
    {
        try
        {
            List<ModelFile> files = [];
            foreach (var file in new DirectoryInfo(folder.Id).EnumerateFiles("*", s_options).Take(MaxFiles))
            {
                var path = Path.GetRelativePath(folder.Id, file.FullName).Replace(Path.DirectorySeparatorChar, '/');
                var told = new ModelFile(path, file.Length);
                if (told.Format is not null || path == PipelineIndex.Path) files.Add(told);
            }

            var index = files.Exists(static file => file.Path == PipelineIndex.Path && file.Bytes <= PipelineIndex.MaxBytes)
                ? PipelineIndex.Parse(File.ReadAllBytes(Path.Combine(folder.Id, PipelineIndex.Path)))
                : null;
            IReadOnlyList<string> components = index?.Components ?? [];
            return new ModelFacts
            {
                Model = folder, Commit = "", Files = files, TotalBytes = files.Sum(static file => file.Bytes), Pipeline = index?.ClassName, Components = components,
                Weights = policy.Choose(files, components),
            };
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return HubFault.Unusable($"The folder {folder.Id} cannot be read: {fault.Message}");
        }
    }
}
