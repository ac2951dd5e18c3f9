using Rouse.Cli.Terminal;

namespace Rouse.Cli.Commands.Jobs;

/// <summary>Shows a job going on: one line redrawn in place on a terminal, one line per change elsewhere.</summary>
internal sealed class JobLine(Screen screen, TimeProvider time)
{
    private readonly long _started = time.GetTimestamp();
    private string _told = "";

    /// <param name="work">Is given where to tell each look at the job.</param>
    public async Task<T> ShowAsync<T>(Func<Action<JobNews>, Task<T>> work)
    {
        await using var doing = new Doing(screen, time, "submitting");
        return await work(news =>
        {
            var words = Words(news);
            doing.Say(words);
            if (!screen.IsLive) Tell(words);
        });
    }

    private void Tell(string words)
    {
        if (string.Equals(words, _told, StringComparison.Ordinal)) return;
        _told = words;
        screen.Note($"[{Measures.Seconds(time.GetElapsedTime(_started).TotalSeconds),8}] {words}");
    }

    private static string Words(JobNews news) => news.Job.Status switch
    {
        "IN_QUEUE" => news.Waiting is { } waiting ? $"queued, {waiting}" : "queued",
        "IN_PROGRESS" => JobRunner.ProgressOf(news.Job) is { } progress ? $"running, {progress}" : "running",
        var ended => ended.ToLowerInvariant(),
    };
}
