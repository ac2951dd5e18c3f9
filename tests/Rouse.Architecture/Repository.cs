using System.Xml.Linq;

namespace Rouse.Architecture;

/// <summary>The files of the working tree, without what the build makes.</summary>
internal static class Repository
{
    private static readonly string[] s_made = [".git", "artifacts", "node_modules", "bin", "obj", "data", "TestResults", ".vs", ".idea"];

    public static string Root { get; } = FindRoot();

    /// <summary>Paths relative to the root, with <c>/</c>.</summary>
    public static IReadOnlyList<string> Files { get; } =
        [.. Walk(Root).Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    /// <summary>C# that people write, under src and tests.</summary>
    public static IEnumerable<string> Sources => Files.Where(file =>
        file.EndsWith(".cs", StringComparison.Ordinal) && !file.EndsWith(".g.cs", StringComparison.Ordinal)
        && (file.StartsWith("src/", StringComparison.Ordinal) || file.StartsWith("tests/", StringComparison.Ordinal)));

    public static IReadOnlyList<Project> Projects { get; } =
        [.. Files.Where(file => file.EndsWith(".csproj", StringComparison.Ordinal)).Select(Project.Read)];

    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    private static IEnumerable<string> Walk(string folder) => Directory.EnumerateFiles(folder).Concat(
        Directory.EnumerateDirectories(folder).Where(child => !s_made.Contains(Path.GetFileName(child), StringComparer.Ordinal)).SelectMany(Walk));

    private static string FindRoot()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Rouse.slnx"))) return folder;
        }

        throw new InvalidOperationException("No folder above the tests holds Rouse.slnx.");
    }
}

/// <param name="Folder">Relative to the root: <c>src/Rouse.Core</c>.</param>
internal sealed record Project(string Name, string Folder, IReadOnlyList<string> References, IReadOnlyList<string> Packages)
{
    public bool IsProduct => Folder.StartsWith("src/", StringComparison.Ordinal);

    public static Project Read(string file)
    {
        var xml = XDocument.Parse(Repository.Read(file));
        var references = xml.Descendants("ProjectReference").Select(item => Path.GetFileNameWithoutExtension(item.Attribute("Include")!.Value));
        var packages = xml.Descendants("PackageReference").Select(item => item.Attribute("Include")!.Value);
        return new Project(Path.GetFileNameWithoutExtension(file), Path.GetDirectoryName(file)!.Replace('\\', '/'), [.. references], [.. packages]);
    }
}
