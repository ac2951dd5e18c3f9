using System.Globalization;
using Rouse.Core.Deployments;

namespace Rouse.Providers.Local;

/// <summary>Crashes since a worker of the pool last finished a job.</summary>
internal sealed class CrashHistory(LocalOptions options)
{
    private static readonly string[] Times = ["", "once", "twice", "three times"];
    private readonly List<Crash> _streak = [];

    public bool IsLoop => _streak.Count(crash => !crash.JobInHand) >= options.CrashLoopThreshold || _streak.Count >= options.JobCrashThreshold;

    public TimeSpan Pause
    {
        get
        {
            if (_streak.Count == 0) return TimeSpan.Zero;
            var doubled = options.RestartDelay * Math.Pow(2, Math.Min(_streak.Count - 1, 20));
            return doubled < options.MaxRestartDelay ? doubled : options.MaxRestartDelay;
        }
    }

    public void Clear() => _streak.Clear();

    public void Add(Crash crash) => _streak.Add(crash);

    public FailureCause Cause()
    {
        var words = _streak.Select(crash => crash.What).Distinct(StringComparer.Ordinal).ToList();
        var what = words.Count == 1
            ? $"The worker {words[0]} {Count(_streak.Count)}"
            : $"The worker ended {Count(_streak.Count)} without finishing a job: it {string.Join(", then ", _streak.Select(crash => crash.What))}";
        var lines = _streak[^1].Lines;
        if (IsLoop) return new FailureCause(FailureCodes.CrashLoop, $"{what}; {lines}");
        var pause = Pause.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture);
        return new FailureCause(FailureCodes.EngineFailed, $"{what}; it is started again in {pause} s; {lines}");
    }

    private static string Count(int times) => times < Times.Length ? Times[times] : string.Create(CultureInfo.InvariantCulture, $"{times} times");
}

/// <param name="What">How it ended: <c>exited 139 (SIGSEGV)</c>.</param>
/// <param name="JobInHand">It held a job, which may be what killed it.</param>
internal sealed record Crash(string What, bool JobInHand, IReadOnlyList<string> LastLines)
{
    public string Lines => LastLines.Count == 0 ? "it wrote nothing" : "last lines: " + string.Join(" | ", LastLines);
}
