namespace Rouse.Cli.Tests;

internal static class Repository
{
    /// <summary>The folder of Rouse.slnx, above the test's own.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Rouse.slnx"))) return folder;
        }

        throw new DirectoryNotFoundException("There is no Rouse.slnx above the tests.");
    }
}
