using Rouse.Worker.Configuration;
using Rouse.Worker.Engines.Inputs;

namespace Rouse.Worker.Tests.Engines.Inputs;

public sealed class InputUrlsTests
{
    [Fact]
    public void TheOperator_CanTurnUrlsOff_AndNameHosts()
    {
        Assert.True(Settings(null, null).Urls.AreFetched);
        Assert.False(Settings("0", null).Urls.AreFetched);
        Assert.True(Settings(null, "files.internal").Urls.Hosts.Allows(new Uri("http://files.internal/")));
        Assert.False(Settings(null, null).Urls.Hosts.Allows(new Uri("http://files.internal/")));
        Assert.Contains("ROUSE_INPUT_ALLOW_HOSTS", Settings(null, "http://a").Fault, StringComparison.Ordinal);
    }

    private static (InputUrls Urls, string? Fault) Settings(string? isOn, string? hosts)
    {
        var variables = new Variables(name => name switch { "ROUSE_INPUT_URLS" => isOn, "ROUSE_INPUT_ALLOW_HOSTS" => hosts, _ => null });
        return (InputUrls.Read(variables), variables.Fault);
    }
}
