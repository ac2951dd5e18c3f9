using System.Text.Json;
using Rouse.Server.Tests.Host;

namespace Rouse.Server.Tests.Api;

/// <summary>The committed contract is the one that is served. ROUSE_UPDATE_OPENAPI=1 writes it anew.</summary>
public sealed class OpenApiTests
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    [Fact]
    public async Task Document_IsTheCommittedOne()
    {
        await using var server = await TestServer.StartAsync();
        var (status, served) = await server.SendAsync(HttpMethod.Get, "/openapi.json");
        Assert.Equal(200, status);
        var text = JsonSerializer.Serialize(served, s_indented) + "\n";
        var committed = Path.Combine(Root(), "docs", "api", "openapi.json");
        if (Environment.GetEnvironmentVariable("ROUSE_UPDATE_OPENAPI") == "1") await File.WriteAllTextAsync(committed, text);
        Assert.True(text == await File.ReadAllTextAsync(committed), "docs/api/openapi.json is not what is served. Run these tests once with ROUSE_UPDATE_OPENAPI=1 and look at the difference.");
    }

    [Fact]
    public async Task Document_NamesEveryOperation_ItsSuccess_AndItsErrors()
    {
        await using var server = await TestServer.StartAsync();
        var document = (await server.SendAsync(HttpMethod.Get, "/openapi.json")).Body;
        var operations = document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Select(operation => (Path: path.Name, operation.Value))).ToList();
        Assert.True(operations.Count >= 20, $"{operations.Count} operations");
        foreach (var (path, operation) in operations)
        {
            Assert.True(operation.TryGetProperty("operationId", out _) && operation.TryGetProperty("summary", out _), $"{path} has no name or no summary");
            Assert.Contains(operation.GetProperty("responses").EnumerateObject(), response => response.Name.StartsWith('2'));
        }

        var names = operations.Select(operation => operation.Value.GetProperty("operationId").GetString()).ToList();
        Assert.Equal(names.Distinct(StringComparer.Ordinal), names);
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Rouse.slnx"))) folder = folder.Parent;
        return folder.FullName;
    }
}
