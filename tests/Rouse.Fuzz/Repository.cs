namespace Rouse.Fuzz;

internal static class Repository
{
    public static string Root { get; } = Find();

    public static string Seeds => Path.Combine(Root, "tests", "Rouse.Fuzz", "Seeds");

    public static string Document => Path.Combine(Root, "docs", "api", "openapi.json");

    private static string Find()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Rouse.slnx"))) return folder;
        }

        throw new InvalidOperationException("No folder above the tests holds Rouse.slnx.");
    }
}
