using Rouse.Cli.Terminal;
using Rouse.Contracts.Jobs;
using Spectre.Console;

namespace Rouse.Cli.Commands.Jobs;

/// <summary>Shows a job going on: one line redrawn in place on a terminal, one line per change elsewhere.</summary>
internal sealed class JobLine(Screen screen, TimeProvider time)
{
    private readonly long _started = time.GetTimestamp();
    private string _shown = "";

    public async Task<T> ShowAsync<T>(Func<Action<JobNews>, Task<T>> work)
    {
        if (!screen.IsLive) return await work(news => Plain(Words(news)));
        return await screen.Notes.Status()
            .Spinner(screen.Unicode ? Spinner.Known.Dots : Spinner.Known.Line)
            .SpinnerStyle(Style.Plain)
            .StartAsync(screen.Tint("dim", "submitting"), status => work(news => status.Status(Live(news))));
    }

    private string Live(JobNews news)
        => $"{Markup.Escape(Words(news))}  {screen.Tint("dim", Measures.Seconds(time.GetElapsedTime(_started).TotalSeconds))}";

    private void Plain(string words)
    {
        if (string.Equals(words, _shown, StringComparison.Ordinal)) return;
        _shown = words;
        screen.Note($"[{Measures.Seconds(time.GetElapsedTime(_started).TotalSeconds),8}] {words}");
    }

    private static string Words(JobNews news) => news.Job.Status switch
    {
        "IN_QUEUE" => news.Waiting is { } waiting ? $"queued ({waiting})" : "queued",
        "IN_PROGRESS" => JobRunner.ProgressOf(news.Job) is { } progress ? $"running, {progress}" : "running",
        var ended => ended.ToLowerInvariant(),
    };
}
