using System.Text;
using Rouse.Onnx.Samples.TinyDiffusion;

namespace Rouse.Server.Tests.Host;

/// <summary>Behind a proxy that serves it under a path of its own.</summary>
public sealed class RootPathTests
{
    [Theory]
    [InlineData("/deployapi", null)]
    [InlineData("/deployapi/", null)]
    [InlineData(null, "https://rouse.example.com/deployapi/")]
    [InlineData("/deployapi", "https://rouse.example.com")]
    [InlineData("/deployapi", "https://rouse.example.com/deployapi")]
    public async Task UnderAPath_RequestsAreTaken_AndUrlsHandedOutHaveIt(string? root, string? url)
    {
        await using var server = await TestServer.StartAsync(options => options with { RootPath = root, PublicUrl = url is null ? null : new Uri(url) });
        var own = url is null ? server.Host.BaseAddress.GetLeftPart(UriPartial.Authority) : "https://rouse.example.com";
        var model = Path.Combine(server.Folder, "model");
        TinyDiffusionModel.Write(model, seed: 1);

        Assert.Equal("rouse", (await server.SendAsync(HttpMethod.Get, "/deployapi")).Body.GetProperty("service").GetString());
        Assert.Equal("rouse", (await server.SendAsync(HttpMethod.Get, "/deployapi/")).Body.GetProperty("service").GetString());
        using var content = new StringContent($$"""{"model_path":"{{model}}"}""", Encoding.UTF8, "application/json");
        using var created = await server.Http.PostAsync(new Uri("/deployapi/v1/deployments", UriKind.Relative), content);
        var body = System.Text.Json.JsonDocument.Parse(await created.Content.ReadAsStringAsync()).RootElement;
        var id = body.GetProperty("deployment_id").GetString();
        Assert.Equal($"/deployapi/v1/deployments/{id}/stream", body.GetProperty("stream_url").GetString());
        Assert.Equal($"/deployapi/v1/deployments/{id}", created.Headers.Location!.ToString());

        await server.ReadStreamAsync($"/deployapi/v1/deployments/{id}/stream");
        Assert.Equal($"{own}/deployapi/v2/{id}/run", (await server.GetAsync(id!)).EndpointUrl);
        var document = (await server.SendAsync(HttpMethod.Get, "/deployapi/openapi.json")).Body;
        Assert.Equal("/deployapi", Assert.Single(document.GetProperty("servers").EnumerateArray()).GetProperty("url").GetString());
        Assert.True(document.GetProperty("paths").TryGetProperty("/v1/deployments", out _));
    }

    [Fact]
    public async Task ProxyThatTakesThePathOff_IsServedToo_AndOthersPathsAreNot()
    {
        await using var server = await TestServer.StartAsync(options => options with { RootPath = "/deployapi" });
        Assert.Equal(200, (await server.SendAsync(HttpMethod.Get, "/v1/deployments")).Status);
        Assert.Equal(404, (await server.SendAsync(HttpMethod.Get, "/deployapix/v1/deployments")).Status);
        Assert.Equal(404, (await server.SendAsync(HttpMethod.Get, "/deployapi/deployapi/v1/deployments")).Status);
    }

    [Theory]
    [InlineData("deployapi", null)]
    [InlineData("/a b", null)]
    [InlineData("/a//b", null)]
    [InlineData("/a?b", null)]
    [InlineData("/a", "https://rouse.example.com/b")]
    public async Task APathThatIsNone_OrNotThePublicUrls_StartsNothing(string root, string? url)
    {
        var folder = Directory.CreateTempSubdirectory("rouse-root-").FullName;
        var options = new RouseHostOptions { DataFolder = folder, Port = 0, HandleSignals = false, RootPath = root, PublicUrl = url is null ? null : new Uri(url) };
        await Assert.ThrowsAsync<RouseHostException>(() => RouseHost.StartAsync(options));
        Directory.Delete(folder, recursive: true);
    }
}
