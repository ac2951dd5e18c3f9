using System.Globalization;
using System.Runtime.InteropServices;
using Rouse.TestKit.WebUi;

namespace Rouse.ModelServer;

/// <summary><c>Rouse.ModelServer webui &lt;port&gt; &lt;milliseconds of a step&gt; [folder of checkpoints]</c>: the WebUI's stand-in as a program, until SIGTERM.</summary>
internal static class WebUiProgram
{
    public const string Word = "webui";

    public static async Task RunAsync(string port, string stepMilliseconds, string? checkpoints)
    {
        var asked = new TaskCompletionSource();
        using var signal = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => asked.TrySetResult());
        await using var webui = await FakeWebUi.StartAsync(int.Parse(port, CultureInfo.InvariantCulture));
        webui.Script.StepTime = TimeSpan.FromMilliseconds(int.Parse(stepMilliseconds, CultureInfo.InvariantCulture));
        webui.Script.Info = $$"""{"process": {{Environment.ProcessId}}}""";
        foreach (var file in checkpoints is null ? [] : Directory.GetFiles(checkpoints)) webui.Listed.Add(file);
        Console.Out.WriteLine($"Running on local URL:  http://127.0.0.1:{webui.Port}");
        await asked.Task;
    }
}
