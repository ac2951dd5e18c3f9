namespace Rouse.Architecture;

/// <summary>The arrows of ARCHITECTURE.md, and no others.</summary>
public sealed class ReferenceTests
{
    private static readonly Dictionary<string, string[]> s_allowed = new(StringComparer.Ordinal)
    {
        ["Rouse.Contracts"] = [],
        ["Rouse.Core"] = [],
        ["Rouse.Onnx"] = [],
        ["Rouse.Store"] = ["Rouse.Core"],
        ["Rouse.Providers"] = ["Rouse.Core"],
        ["Rouse.Gateway"] = ["Rouse.Core"],
        ["Rouse.Optimization"] = ["Rouse.Core", "Rouse.Onnx"],
        ["Rouse.Dashboard"] = ["Rouse.Contracts"],
        ["Rouse.Worker"] = ["Rouse.Contracts", "Rouse.Onnx"],
        ["Rouse.Server"] =
        [
            "Rouse.Contracts", "Rouse.Core", "Rouse.Onnx", "Rouse.Store", "Rouse.Providers", "Rouse.Gateway", "Rouse.Optimization", "Rouse.Dashboard",
        ],
        ["Rouse.FakeRunpod"] = [],
        ["Rouse.Cli"] = ["Rouse.Contracts", "Rouse.Server", "Rouse.FakeRunpod"],
    };

    [Fact]
    public void EveryProjectOfSrc_ReferencesOnlyWhatTheArchitectureAllows() => Assert.All(
        Repository.Projects.Where(project => project.IsProduct),
        project =>
        {
            Assert.True(s_allowed.TryGetValue(project.Name, out var allowed), $"{project.Name} is not in the architecture.");
            Assert.Empty(project.References.Except(allowed, StringComparer.Ordinal));
        });

    [Theory]
    [InlineData("Rouse.Core")]
    [InlineData("Rouse.Contracts")]
    public void ThePureProjects_ReferenceNoPackage(string name) => Assert.Empty(Repository.Projects.Single(project => project.Name == name).Packages);

    [Fact]
    public void TheTestKit_DependsOnNoTestProject_AndOnlyTestsDependOnIt()
    {
        Assert.DoesNotContain(
            Repository.Projects, project => project.IsProduct && project.References.Contains("Rouse.TestKit", StringComparer.Ordinal));
        Assert.All(
            Repository.Projects.Single(project => project.Name == "Rouse.TestKit").References,
            reference => Assert.True(s_allowed.ContainsKey(reference), reference));
    }

    [Fact]
    public void EveryProject_HasItsLockFileAndItsPlaceInTheSolution()
    {
        var solution = Repository.Read("Rouse.slnx");
        Assert.All(Repository.Projects, project =>
        {
            Assert.Contains(project.Folder + "/packages.lock.json", Repository.Files);
            Assert.Contains($"\"{project.Folder}/{project.Name}.csproj\"", solution, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void EveryPackageVersion_IsExactAndCentral()
    {
        Assert.DoesNotMatch("Version=\"[^\"]*[*,\\[(]", Repository.Read("Directory.Packages.props"));
        var projects = Repository.Projects.Select(project => $"{project.Folder}/{project.Name}.csproj");
        Assert.All(projects, file => Assert.DoesNotMatch("<PackageReference[^>]*Version=", Repository.Read(file)));
    }
}
