using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Rouse.TestKit.WebUi;

namespace Rouse.Bench;

/// <summary>
/// What the worker's engine a1111 adds to a call of the WebUI. Calls and jobs take turns, so that both meet the same neighbours; the WebUI draws nothing and
/// answers at once. Prints rows of Markdown tables.
/// </summary>
internal static class BridgeLoad
{
    private const string Input = """{"prompt":"a lighthouse at dusk","negative_prompt":"blurry","steps":20,"cfg_scale":7,"width":512,"height":512,"sampler_name":"Euler a","seed":7}""";

    /// <summary>Of both kinds, until the runtime has compiled their way for the last time.</summary>
    private const int WarmUp = 400;

    /// <summary>Those that are counted for their connections.</summary>
    private const int KeepAlive = 100;

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is not [var assembly, "--jobs", var jobs, "--kib", var kib]) return 2;
        await using var webui = await FakeWebUi.StartAsync();
        webui.Script.Picture = Convert.ToBase64String(RandomNumberGenerator.GetBytes(int.Parse(kib, CultureInfo.InvariantCulture) * 1024 * 3 / 4));
        await using var plane = await BridgePlane.StartAsync();
        using var worker = Start(assembly, webui.Url, plane.Url);
        try
        {
            for (var i = 0; i < KeepAlive; i++) await RunAsync(plane, i, webui.Script.Picture.Length);
            // Nobody but the worker has called it so far: those of its start count too.
            var connections = webui.Connections;
            await MeasureAsync(webui, plane, WarmUp);
            var (direct, bridged) = await MeasureAsync(webui, plane, int.Parse(jobs, CultureInfo.InvariantCulture));
            Row("| the WebUI, called directly", direct);
            Row("| a job through the worker, from its taking to its result", bridged);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| **what the worker adds** | {At(bridged, 0.5) - At(direct, 0.5):F2} | {At(bridged, 0.9) - At(direct, 0.9):F2} | {At(bridged, 0.99) - At(direct, 0.99):F2} |\n\n{KeepAlive} jobs in a row: {connections} connection(s) to the WebUI."));
            return 0;
        }
        finally
        {
            worker.Kill();
            await worker.WaitForExitAsync();
        }
    }

    /// <summary>Milliseconds of each, sorted.</summary>
    private static async Task<(List<double> Direct, List<double> Bridged)> MeasureAsync(FakeWebUi webui, BridgePlane plane, int count)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false });
        var (direct, bridged) = (new List<double>(count), new List<double>(count));
        for (var i = 0; i < count; i++)
        {
            var start = Stopwatch.GetTimestamp();
            using var body = new StringContent(Input, Encoding.UTF8, "application/json");
            using var answer = await http.PostAsync(webui.Url + "/txt2img", body);
            answer.EnsureSuccessStatusCode();
            _ = await answer.Content.ReadAsByteArrayAsync();
            direct.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            start = Stopwatch.GetTimestamp();
            await RunAsync(plane, i, webui.Script.Picture.Length);
            bridged.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            webui.Requests.Clear();
        }

        direct.Sort();
        bridged.Sort();
        return (direct, bridged);
    }

    private static async Task RunAsync(BridgePlane plane, int number, int pictureLength)
    {
        if (await plane.RunAsync(Job(number)) < pictureLength) throw new InvalidOperationException("The job failed: its result holds no picture.");
    }

    private static Process Start(string assembly, string webui, string plane)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true };
        start.ArgumentList.Add(assembly);
        start.Environment["ROUSE_ENGINE"] = "a1111";
        start.Environment["ROUSE_WEBUI_URL"] = webui;
        start.Environment["RUNPOD_POD_ID"] = "bench";
        start.Environment["RUNPOD_WEBHOOK_GET_JOB"] = plane + "/job-take/$ID?gpu=cpu";
        start.Environment["RUNPOD_WEBHOOK_POST_OUTPUT"] = plane + "/job-done/$RUNPOD_POD_ID/$ID?gpu=cpu";
        start.Environment["RUNPOD_WEBHOOK_PING"] = plane + "/ping/$RUNPOD_POD_ID?gpu=cpu";
        var worker = Process.Start(start)!;
        worker.OutputDataReceived += static (_, _) => { };
        worker.BeginOutputReadLine();
        return worker;
    }

    private static string Job(int number) => string.Create(CultureInfo.InvariantCulture, $$"""{"id":"job-{{number}}","input":{{Input}}}""");

    private static void Row(string name, List<double> times) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{name} | {At(times, 0.5):F2} | {At(times, 0.9):F2} | {At(times, 0.99):F2} |"));

    private static double At(List<double> sorted, double share) => sorted[(int)(sorted.Count * share)];
}
