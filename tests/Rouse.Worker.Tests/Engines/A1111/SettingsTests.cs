using Rouse.Worker.Configuration;
using Rouse.Worker.Engines.A1111;

namespace Rouse.Worker.Tests.Engines.A1111;

public sealed class SettingsTests
{
    [Theory]
    [InlineData(null, "http://127.0.0.1:3000/sdapi/v1/")]
    [InlineData("http://localhost:7860", "http://localhost:7860/sdapi/v1/")]
    [InlineData("http://[::1]:3000/sdapi/v1/", "http://[::1]:3000/sdapi/v1/")]
    [InlineData("http://127.0.0.9:3000/behind/sdapi/v1", "http://127.0.0.9:3000/behind/sdapi/v1/")]
    public void Url_OnThisMachine_IsTaken(string? url, string api) => Assert.Equal(new Uri(api), Read(("ROUSE_WEBUI_URL", url)).Settings!.Api);

    [Theory]
    [InlineData("http://10.0.0.1:3000")]
    [InlineData("http://localhost.example:3000")]
    [InlineData("http://127.0.0.1.example")]
    public void Url_OfAnotherMachine_IsRefused_UnlessItIsAllowed(string url)
    {
        Assert.Contains("must be on this machine", Read(("ROUSE_WEBUI_URL", url)).Fault, StringComparison.Ordinal);
        Assert.Null(Read(("ROUSE_WEBUI_URL", url), ("ROUSE_WEBUI_ALLOW_REMOTE", "1")).Fault);
    }

    [Theory]
    [InlineData("ROUSE_WEBUI_URL", "ftp://127.0.0.1", "must be an http or https URL")]
    [InlineData("ROUSE_WEBUI_URL", "http://user:pass@127.0.0.1", "must hold no credentials: set ROUSE_WEBUI_CREDENTIALS")]
    [InlineData("ROUSE_WEBUI_CREDENTIALS", "nobody", "must be user:password")]
    [InlineData("ROUSE_WEBUI_TIMEOUT", "0", "must be a whole number from 1 to 86400")]
    [InlineData("ROUSE_WEBUI_COMMAND", "python 'launch.py", "ROUSE_WEBUI_COMMAND must be a command")]
    public void Variable_ThatIsWrong_IsNamed(string name, string value, string words) => Assert.Contains(words, Read((name, value)).Fault, StringComparison.Ordinal);

    [Fact]
    public void Bounds_AreTheOnesPromised()
    {
        var settings = Read(("ROUSE_WEBUI_CREDENTIALS", "me:hunter2"), ("ROUSE_WEBUI_COMMAND", "python launch.py --api")).Settings!;
        Assert.Equal((TimeSpan.FromSeconds(600), TimeSpan.FromSeconds(600), false, false), (settings.Timeout, settings.StartTimeout, settings.WarmsUp, settings.NeedsModel));
        Assert.Equal(["python", "launch.py", "--api"], settings.Command!.Arguments);
        Assert.Equal(["me:hunter2", "hunter2"], settings.Secrets);
    }

    private static (A1111Settings? Settings, string? Fault) Read(params (string Name, string? Value)[] given)
    {
        var variables = new Variables(name => given.FirstOrDefault(pair => pair.Name == name).Value);
        return (A1111Settings.Read(variables), variables.Fault);
    }
}
