using System.Net;
using System.Net.Sockets;
using Rouse.TestKit.Files;
using Rouse.Worker.Egress;
using Rouse.Worker.ModelFiles;

namespace Rouse.Worker.Tests.ModelFiles;

/// <summary>A job's URL reaches the public internet over https and what the operator lists; tokens reach their own host.</summary>
public sealed class GuardTests
{
    [Theory]
    [InlineData("http://files.example/x")]
    [InlineData("ftp://files.example/x")]
    [InlineData("file:///etc/passwd")]
    [InlineData("gopher://files.example/x")]
    [InlineData("https://user:pass@files.example/x")]
    [InlineData("https://")]
    [InlineData("//files.example/x")]
    [InlineData("x")]
    [InlineData("")]
    public async Task Obtain_FromWhatIsNoHttpsAddress_IsRefusedWithoutALookUp(string url)
    {
        await using var fixture = await LibraryFixture.StartAsync();
        var settings = fixture.Settings with { Hosts = Rules("8.8.8.8", static () => Assert.Fail("A name was looked up.")) };

        Assert.Equal("model_file_address", (await fixture.FaultAsync(url, settings: settings)).Code);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("10.0.0.5")]
    [InlineData("172.16.0.1")]
    [InlineData("192.168.1.1")]
    [InlineData("169.254.169.254")]
    [InlineData("100.64.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("224.0.0.1")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("fe80::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("ff02::1")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("2002:7f00:1::")]
    public async Task Obtain_FromANameThatLeadsInside_IsRefused(string address)
    {
        await using var fixture = await LibraryFixture.StartAsync();

        var byName = await fixture.FaultAsync("https://innocent.example:8443/x", settings: fixture.Settings with { Hosts = Rules(address) });
        var byLiteral = await fixture.FaultAsync(
            address.Contains(':', StringComparison.Ordinal) ? $"https://[{address}]:8443/x" : $"https://{address}:8443/x", settings: fixture.Settings with { Hosts = Rules(address) });

        foreach (var fault in new[] { byName, byLiteral })
        {
            Assert.Equal("model_file_address", fault.Code);
            Assert.Contains("ROUSE_MODELS_ALLOW_HOSTS", fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Obtain_FromANameThatDoesNotExist_IsToldAtOnce()
    {
        await using var fixture = await LibraryFixture.StartAsync();
        var lookUps = 0;
        var rules = HostRules.Parse(null, out _, (_, _) =>
        {
            lookUps++;
            throw new SocketException((int)SocketError.HostNotFound);
        })!;

        var fault = await fixture.FaultAsync("https://typo.example/x", settings: fixture.Settings with { Hosts = rules });

        Assert.Equal("model_file_address", fault.Code);
        Assert.Contains("there is no host typo.example", fault.Message, StringComparison.Ordinal);
        Assert.Equal(1, lookUps);
    }

    [Fact]
    public void OnePrivateAddressSpoilsAName_AndOnlyTheExactHostIsListed()
    {
        var rules = HostRules.Parse("files.internal, other.internal:8080", out _)!;
        var (inside, outside) = (IPAddress.Parse("10.0.0.1"), IPAddress.Parse("8.8.8.8"));

        Assert.True(rules.Allows("any.example", 443, [outside]));
        Assert.False(rules.Allows("any.example", 443, [outside, inside]));
        Assert.False(rules.Allows("any.example", 22, [outside]));
        Assert.False(rules.Allows("any.example", 443, []));
        Assert.True(rules.Allows("FILES.internal", 80, [inside]));
        Assert.True(rules.Allows("other.internal", 8080, [inside]));
        Assert.False(rules.Allows("other.internal", 8081, [inside]));
        Assert.False(rules.Allows("evilfiles.internal", 443, [inside]));
        Assert.False(rules.Allows("files.internal.evil.example", 443, [inside]));
        Assert.True(rules.Allows(new Uri("http://files.internal/x")));
        Assert.False(rules.Allows(new Uri("http://files.internal.evil.example/x")));
        foreach (var wrong in new[] { "https://a", "a/b", "u@a", "a b" }) Assert.Null(HostRules.Parse(wrong, out _));
    }

    [Fact]
    public async Task Obtain_ThroughARedirect_JudgesWhereItLeads()
    {
        await using var fixture = await LibraryFixture.StartAsync();
        var good = HostedFile.Safetensors();
        fixture.Host.Add("/good", good);
        var first = new Uri(fixture.Host.Endpoint);
        // Only the first origin is listed: the second stands for the network inside.
        var settings = fixture.Settings with { Hosts = HostRules.Parse(first.Authority, out _)! };

        string Redirect(string path, string to)
        {
            var hosted = HostedFile.Safetensors();
            hosted.RedirectTo = to;
            return fixture.Host.Add(path, hosted);
        }

        Assert.True((await fixture.ObtainAsync(Redirect("/a", "/good"), settings: settings)).WasFetched);
        foreach (var target in new[] { fixture.Host.OtherEndpoint + "/good", fixture.Host.OtherEndpoint.Replace("http:", "https:", StringComparison.Ordinal) + "/good", "file:///etc/passwd", "http://10.0.0.1/x" })
        {
            Assert.Equal("model_file_address", (await fixture.FaultAsync(Redirect("/b", target), "b", settings: settings)).Code);
        }

        Assert.Contains("redirects", (await fixture.FaultAsync(Redirect("/loop", "/loop"), "c", settings: settings)).Message, StringComparison.Ordinal);
        Assert.DoesNotContain(fixture.Host.Requests, request => request.Origin == fixture.Host.OtherEndpoint);
    }

    [Fact]
    public async Task Obtain_FromALiteralOfVersion6_IsAllowedWhereItIsListed()
    {
        await using var fixture = await LibraryFixture.StartAsync();
        var port = new Uri(fixture.Host.Add("/x", HostedFile.Safetensors())).Port;
        // Whatever this machine has of version 6: only the look-up sees the literal.
        HostRules Listing(string hosts) => HostRules.Parse(hosts, out _, static (host, _) => Task.FromResult(host == "fd00::5" ? new[] { IPAddress.Loopback } : []))!;

        var file = await fixture.ObtainAsync($"http://[fd00::5]:{port}/x", settings: fixture.Settings with { Hosts = Listing($"[fd00::5]:{port}") });

        Assert.True(file.WasFetched);
        Assert.Equal("model_file_address", (await fixture.FaultAsync($"http://[fd00::6]:{port}/x", "b", settings: fixture.Settings with { Hosts = Listing("[fd00::5]") })).Code);
    }

    [Theory]
    [InlineData("https://civitai.com/api/download/models/1", true)]
    [InlineData("https://CIVITAI.com:443/x", true)]
    [InlineData("http://civitai.com/x", false)]
    [InlineData("https://civitai.com:8443/x", false)]
    [InlineData("https://evilcivitai.com/x", false)]
    [InlineData("https://civitai.com.evil.example/x", false)]
    [InlineData("https://www.civitai.com/x", false)]
    [InlineData("https://evil.example/civitai.com", false)]
    public void AToken_IsForItsExactHost(string url, bool isFor) => Assert.Equal(isFor, new OriginToken(new Uri("https://civitai.com"), "secret").IsFor(new Uri(url)));

    [Fact]
    public async Task Obtain_ShowsATokenToItsHost_AndNotBehindARedirect()
    {
        await using var fixture = await LibraryFixture.StartAsync();
        var moved = HostedFile.Safetensors();
        fixture.Host.Add("/file", HostedFile.Safetensors());
        moved.RedirectTo = fixture.Host.OtherEndpoint + "/file";
        var settings = fixture.Settings with { Tokens = [new OriginToken(new Uri(fixture.Host.Endpoint), "the-key-of-the-tests")] };

        await fixture.ObtainAsync(fixture.Host.Add("/moved", moved), settings: settings);

        Assert.Contains(fixture.Host.Requests, request => request.Origin == fixture.Host.OtherEndpoint);
        Assert.All(fixture.Host.Requests, request => Assert.Equal(request.Origin == fixture.Host.Endpoint ? "Bearer the-key-of-the-tests" : null, request.Authorization));
        Assert.DoesNotContain("the-key-of-the-tests", fixture.Log.ToString() + settings, StringComparison.Ordinal);
    }

    private static HostRules Rules(string address, Action? lookedUp = null) => HostRules.Parse(null, out _, (_, _) =>
    {
        lookedUp?.Invoke();
        return Task.FromResult(new[] { IPAddress.Parse(address) });
    })!;
}
