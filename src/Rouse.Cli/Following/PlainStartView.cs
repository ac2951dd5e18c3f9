using Rouse.Cli.Api;
using Rouse.Cli.Terminal;
using Rouse.Contracts.Deployments;

namespace Rouse.Cli.Following;

/// <summary>One line per news, each stamped with the seconds since the deployment was accepted: for logs and pipes.</summary>
internal sealed class PlainStartView(Action<string> tell) : IStartView
{
    /// <summary>Share of a measured part that is worth a new line.</summary>
    private const double ProgressStep = 0.1;

    private readonly HashSet<PhaseStamp> _phasesTold = [];
    private double _shareTold;
    private string? _interruptionTold;

    public StartProgress Progress { get; } = new();

    public void Changed(LogLine? line)
    {
        TellPhases();
        TellMeasure();
        if (line is not null) Tell(line.Timestamp, $"  {line.Level.ToUpperInvariant(),-5} {line.Message}");
        if (Progress.Interruption is { } why && !string.Equals(why, _interruptionTold, StringComparison.Ordinal))
            tell($"[        ] connection lost ({why}), trying again");
        _interruptionTold = Progress.Interruption;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void TellPhases()
    {
        foreach (var (stamp, index) in Progress.Phases.Select((p, i) => (p, i)).Where(p => _phasesTold.Add(p.p)))
        {
            _shareTold = 0;
            var word = PhaseWords.Spoken(stamp.Phase);
            if (index == 0)
            {
                Tell(stamp.At, word);
                continue;
            }

            var before = Progress.Phases[index - 1];
            Tell(stamp.At, $"{word,-24}   {PhaseWords.Spoken(before.Phase)} took {Measures.Seconds((stamp.At - before.At).TotalSeconds)}");
        }
    }

    private void TellMeasure()
    {
        if (Progress.Progress is not { Total: > 0 and var total } measured) return;
        var share = (double)measured.Done / total;
        if (share < _shareTold + ProgressStep) return;
        _shareTold = share;
        Tell(measured.Timestamp, $"  {Measures.Share(measured.Done, total)}  {Measures.Amounts(measured.Done, total, measured.Unit)}");
    }

    private void Tell(DateTimeOffset at, string text)
    {
        var since = (at - (Progress.CreatedAt ?? at)).TotalSeconds;
        tell($"[{Measures.Seconds(Math.Max(0, since)),8}] {text}");
    }
}
