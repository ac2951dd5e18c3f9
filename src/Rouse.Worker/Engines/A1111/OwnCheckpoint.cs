using System.Security.Cryptography;
using System.Text;
using Rouse.Worker.ModelFiles;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Engines.A1111;

/// <summary>
/// The checkpoint of the model that the worker was given: jobs that name no other are drawn with it, whatever the WebUI was left at. It stays where the
/// weights lie; the WebUI's folder gets a link.
/// </summary>
internal static class OwnCheckpoint
{
    /// <summary>Digits of what tells it from others: revisions of the model on the same volume, and folders that are called the same, have links of their own.</summary>
    private const int Digits = 10;

    /// <param name="modelFolder">Holds it.</param>
    /// <param name="modelName">What answers call the model.</param>
    /// <param name="folder">Where the WebUI looks for checkpoints.</param>
    /// <exception cref="EngineException">It cannot be put there.</exception>
    public static InstalledFile Link(string modelFolder, string modelName, string folder)
    {
        try
        {
            var file = Target(CheckpointFiles.Find(modelFolder));
            var name = ModelFileName.Parse($"{modelName.Replace("/", "--", StringComparison.Ordinal)}-{Mark(file)[..Digits]}.safetensors", allowPickle: false);
            var link = Path.Combine(folder, name.Text);
            Directory.CreateDirectory(folder);
            if (!Leads(link, file)) Replace(link, file);
            return new InstalledFile(ModelFileKind.Checkpoint, name.Text, link, WasFetched: true);
        }
        catch (WeightsException fault)
        {
            throw new EngineException(fault.Code, fault.Message, fault);
        }
        catch (ModelFileException fault)
        {
            throw new EngineException(EngineFault.ModelUnusable, fault.Message, fault);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new EngineException(
                EngineFault.ModelUnusable, $"The checkpoint cannot be put into {folder}: {fault.Message} Set {Contracts.Workers.ModelFileVariables.Folder} to a folder the worker may write.", fault);
        }
    }

    // The cache's names are links themselves, and a link to a link ends when the cache is put in order.
    private static string Target(string file) => File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(file);

    /// <summary>In the cache files are called by their content (SHA-256); elsewhere the place must do.</summary>
    private static string Mark(string file) => Path.GetFileName(file) is { Length: 2 * SHA256.HashSizeInBytes } content && content.All(char.IsAsciiHexDigitLower)
        ? content
        : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(file)));

    private static void Replace(string link, string file)
    {
        // Aside and renamed: another worker of this volume may be reading it.
        var aside = $"{link}.{Environment.ProcessId}";
        try
        {
            File.Delete(aside);
            File.CreateSymbolicLink(aside, file);
            File.Move(aside, link, overwrite: true);
        }
        catch (IOException) when (Leads(link, file))
        {
            // One in another container, where it has the same number, was quicker.
        }
    }

    private static bool Leads(string link, string file) => new FileInfo(link).LinkTarget == file;
}
