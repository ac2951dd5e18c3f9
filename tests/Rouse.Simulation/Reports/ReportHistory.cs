using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Core.Tenancy;

namespace Rouse.Simulation.Reports;

/// <summary>What workers said, in the order they said it, and what becomes of a deployment that hears it in any order.</summary>
internal sealed class ReportHistory
{
    /// <summary>How often a report, or the answer to it, is lost: it is then sent again, after others perhaps.</summary>
    private const double Loss = 0.3;

    /// <summary>How often one that arrived arrives once more.</summary>
    private const double Duplicates = 0.3;

    private static readonly FailureCause s_cause = new(FailureCodes.EngineFailed, "It broke.");

    private static readonly DeploymentState s_row = new()
    {
        Tenant = TenantId.Parse("t"), Id = DeploymentId.FromRandom(new byte[16]),
        Spec = new DeploymentSpec { Model = ModelRef.TryParseHub("acme/tiny", out var model) ? model! : throw new InvalidOperationException() },
        Phase = Phase.CreatingEndpoint, Attempt = 1, Outcome = AttemptOutcome.Created,
    };

    private readonly Random _random;
    private readonly List<Said> _first;
    private readonly List<Said> _second;
    private readonly bool _deleted;

    public ReportHistory(int seed)
    {
        _random = new Random(seed);
        // A first attempt that came to nothing on half of the ways; its reports may come in after the second has begun.
        _first = _random.Next(2) == 0 ? [] : Life(attempt: 1, worker: 0, [Phase.DownloadingModel, Phase.LoadingModel]);
        var attempt = _first.Count == 0 ? 1 : 2;
        var workers = Enumerable.Range(1, _random.Next(1, 4)).Select(worker => Life(attempt, worker, Story())).ToList();
        _second = Interleave(workers);
        _deleted = _random.Next(8) == 0;
    }

    /// <param name="apply">The rule under test.</param>
    public Heard InOrder(Func<DeploymentState, Said, ReportMarks, ReportVerdict> apply) => Hear([.. _first, .. Begin(), .. _second, .. End()], apply);

    public Heard AsItArrives(Func<DeploymentState, Said, ReportMarks, ReportVerdict> apply)
    {
        List<Said> arrivals = [];
        foreach (var said in _first.Concat(_second))
        {
            // What is lost is sent again until it was taken; an answer that is lost makes one arrival more.
            do arrivals.Add(said);
            while (_random.NextDouble() < Loss);
            if (_random.NextDouble() < Duplicates) arrivals.Add(said);
        }

        var shuffled = arrivals.ToArray();
        _random.Shuffle(shuffled);
        // A worker of the second attempt is made after that began; one of the first may come in before or after.
        var begun = _random.Next(Array.FindIndex(shuffled, static said => said.Attempt == 2) + 1);
        return Hear([.. shuffled[..begun], .. Begin(), .. shuffled[begun..], .. End()], apply);
    }

    private IEnumerable<Said> Begin() => _first.Count == 0 ? [] : [new Said(2, Worker: -1, 0, null, 0)];

    private IEnumerable<Said> End() => _deleted ? [new Said(0, Worker: -2, 0, null, 0)] : [];

    /// <summary>How a life goes on: as far as ready at most, then perhaps to its end.</summary>
    private Phase[] Story() => _random.Next(5) switch
    {
        0 => [Phase.DownloadingModel],
        1 => [Phase.DownloadingModel, Phase.LoadingModel],
        2 => [Phase.DownloadingModel, Phase.LoadingModel, Phase.Failed],
        3 => [Phase.LoadingModel, Phase.Warming, Phase.Ready, Phase.Failed],
        _ => [Phase.DownloadingModel, Phase.LoadingModel, Phase.Warming, Phase.Ready],
    };

    private List<Said> Life(int attempt, int worker, Phase[] phases)
    {
        List<Said> life = [];
        foreach (var phase in phases)
        {
            for (var lines = _random.Next(3); lines > 0; lines--) life.Add(new Said(attempt, worker, life.Count + 1, null, _random.Next(100)));
            life.Add(new Said(attempt, worker, life.Count + 1, phase, 0));
        }

        return life;
    }

    private List<Said> Interleave(List<List<Said>> lives)
    {
        List<Said> all = [];
        while (lives.Count > 0)
        {
            var life = lives[_random.Next(lives.Count)];
            all.Add(life[0]);
            life.RemoveAt(0);
            if (life.Count == 0) lives.Remove(life);
        }

        return all;
    }

    private static Heard Hear(IReadOnlyList<Said> arrivals, Func<DeploymentState, Said, ReportMarks, ReportVerdict> apply)
    {
        var row = s_row;
        HashSet<Said> seen = [];
        Dictionary<int, (long Phase, long Progress)> marks = [];
        Dictionary<int, int> progress = [];
        foreach (var said in arrivals)
        {
            if (said.Worker == -1) row = row with { Attempt = said.Attempt, Phase = row.Phase.IsEnded() ? row.Phase : Phase.CreatingEndpoint };
            if (said.Worker == -2 && Phases.MayAdvance(row.Phase, row.Attempt, Phase.Deleting, row.Attempt)) row = row with { Phase = Phase.Deleting };
            if (said.Worker < 0) continue;
            var known = marks.GetValueOrDefault(said.Worker);
            var verdict = apply(row, said, new ReportMarks(seen.Contains(said), known.Phase, known.Progress));
            if (verdict.Outcome != ReportOutcome.Applied) continue;
            seen.Add(said);
            if (said.Phase is null && verdict.TakesProgress) (progress[said.Worker], known.Progress) = (said.Progress, said.Sequence);
            if (verdict.MarksPhase) known.Phase = said.Sequence;
            marks[said.Worker] = known;
            if (verdict.To is { } to) row = row with { Phase = to, Error = to == Phase.Failed ? s_cause : row.Error };
        }

        // What the given-up attempt said counts for nothing in the end, whether it came in before or after the next began.
        var last = string.Join(',', progress.Where(pair => pair.Key != 0).OrderBy(pair => pair.Key).Select(pair => $"{pair.Key}:{pair.Value}"));
        return new Heard(row.Phase, row.Attempt, row.Error, seen.Count(said => said.Attempt == row.Attempt), last);
    }
}

/// <param name="Worker">Negative: not a worker's word, but what happens to the deployment.</param>
internal sealed record Said(int Attempt, int Worker, long Sequence, Phase? Phase, int Progress);

/// <summary>Where a deployment ends up.</summary>
/// <param name="Reports">Taken, each once.</param>
internal sealed record Heard(Phase Phase, int Attempt, FailureCause? Error, int Reports, string Progress);
