using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Rouse.Onnx.Samples.TinyDiffusion;

namespace Rouse.Bench;

/// <summary>
/// From a worker's exec to its first <c>job-take</c>, at a job plane of this process on a raw socket, without a control plane. Each run is a process of its own that is killed
/// then; the programs take turns, so that all meet the same neighbours. Prints a row of a Markdown table for each, medians of its runs: the first line of its log (its
/// settings are read), the model loaded, warmed up, the first take; and the processor time until then.
/// </summary>
internal static class WorkerStart
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static readonly string[] s_marks = [" serves ", "Model loaded", "Warmed up"];

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is not [var folder, "--runs", var count, "--", .. var rest]) return 2;
        var programs = string.Join('\n', rest).Split("\n--\n").Select(static words => words.Split('\n')).ToList();
        if (!Directory.Exists(folder)) TinyDiffusionModel.Write(folder, seed: 1);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var runs = programs.ConvertAll(static _ => new List<double[]>());
        // The first finds nothing in the page cache that the others find.
        for (var run = 0; run <= int.Parse(count, CultureInfo.InvariantCulture); run++)
        {
            foreach (var (program, times) in programs.Zip(runs))
            {
                var marks = await OneAsync(listener, folder, program[1], program[2..]);
                if (run > 0) times.Add(marks);
            }
        }

        foreach (var (program, times) in programs.Zip(runs))
        {
            var cells = Enumerable.Range(0, times[0].Length).Select(part => Median(times.Select(marks => marks[part])));
            var takes = times.ConvertAll(static marks => marks[3]);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {program[0]} | {string.Join(" | ", cells.Select(static cell => double.IsNaN(cell) ? "–" : cell.ToString("F0", CultureInfo.InvariantCulture)))} | {takes.Min():F0} | {takes.Max():F0} |"));
        }

        return 0;
    }

    private static async Task<double[]> OneAsync(TcpListener listener, string folder, string program, string[] arguments)
    {
        var url = $"http://{listener.LocalEndpoint}/v2/ep1";
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["ROUSE_MODEL_PATH"] = folder;
        start.Environment["RUNPOD_POD_ID"] = "w1";
        start.Environment["RUNPOD_AI_API_KEY"] = "key";
        start.Environment["RUNPOD_WEBHOOK_GET_JOB"] = url + "/job-take/$ID?gpu=cpu";
        start.Environment["RUNPOD_WEBHOOK_POST_OUTPUT"] = url + "/job-done/$RUNPOD_POD_ID/$ID?gpu=cpu";
        start.Environment["RUNPOD_WEBHOOK_PING"] = url + "/ping/$RUNPOD_POD_ID?gpu=cpu";
        // What the alternative would check of the machine before its first take: not its start, and 8.8.8.8 cannot be reached here.
        start.Environment["RUNPOD_SKIP_AUTO_SYSTEM_CHECKS"] = start.Environment["RUNPOD_SKIP_GPU_CHECK"] = "true";
        var marks = Enumerable.Repeat(double.NaN, 5).ToArray();
        var began = Stopwatch.GetTimestamp();
        using var worker = Process.Start(start)!;
        var last = new StringBuilder();
        void Heard(object sender, DataReceivedEventArgs line)
        {
            var now = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            lock (last) last.AppendLine(line.Data);
            for (var mark = 0; mark < s_marks.Length; mark++)
            {
                if (line.Data?.Contains(s_marks[mark], StringComparison.Ordinal) == true) marks[mark] = now;
            }
        }

        worker.OutputDataReceived += Heard;
        worker.ErrorDataReceived += Heard;
        worker.BeginOutputReadLine();
        worker.BeginErrorReadLine();
        try
        {
            using var patience = new CancellationTokenSource(s_patience, TimeProvider.System);
            await FirstTakeAsync(listener, patience.Token);
            marks[3] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            marks[4] = worker.TotalProcessorTime.TotalMilliseconds;
        }
        catch (OperationCanceledException late)
        {
            throw new InvalidOperationException($"No take in {s_patience.TotalSeconds:0} s:\n{last}", late);
        }
        finally
        {
            worker.Kill(entireProcessTree: true);
            await worker.WaitForExitAsync();
        }

        return marks;
    }

    /// <summary>Accepts until a request for a job comes; pings are answered, and others dropped.</summary>
    private static async Task FirstTakeAsync(TcpListener listener, CancellationToken ct)
    {
        var taken = new TaskCompletionSource();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var accepting = AcceptAsync();
        await taken.Task.WaitAsync(ct);
        await enough.CancelAsync();
        await accepting;

        async Task AcceptAsync()
        {
            try
            {
                while (true) _ = LookAsync(await listener.AcceptSocketAsync(enough.Token), taken, ct);
            }
            catch (OperationCanceledException) when (enough.IsCancellationRequested)
            {
                // The take has come; or it did not, and whoever waits for it says so.
            }
        }
    }

    private static async Task LookAsync(Socket socket, TaskCompletionSource taken, CancellationToken ct)
    {
        using var _ = socket;
        var buffer = new byte[8192];
        try
        {
            while (await socket.ReceiveAsync(buffer, ct) is > 0 and var read)
            {
                if (buffer.AsSpan(0, read).IndexOf("/job-take"u8) >= 0) taken.TrySetResult();
                else await socket.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"u8.ToArray(), ct);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // The worker was killed, or the next run has begun.
        }
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }
}
