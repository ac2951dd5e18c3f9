namespace Rouse.Simulation.Choices;

/// <summary>Every combination of choices, one after the other: the last choice that has a further way takes it, what followed is forgotten.</summary>
internal sealed class DepthFirst : Chooser
{
    private readonly List<(int Way, int Ways)> _trail = [];
    private int _at;

    public override int Choose(int ways)
    {
        if (_at == _trail.Count) _trail.Add((0, ways));
        // The same choices must lead to the same question, or the run is not deterministic and the exploration worth nothing.
        if (_trail[_at].Ways != ways) throw new InvalidOperationException($"Choice {_at} had {_trail[_at].Ways} ways and has {ways} now.");
        return _trail[_at++].Way;
    }

    /// <summary>Goes to the next combination; false when all were tried.</summary>
    public bool Next()
    {
        _trail.RemoveRange(_at, _trail.Count - _at);
        while (_trail.Count > 0 && _trail[^1].Way + 1 == _trail[^1].Ways) _trail.RemoveAt(_trail.Count - 1);
        if (_trail.Count > 0) _trail[^1] = (_trail[^1].Way + 1, _trail[^1].Ways);
        _at = 0;
        return _trail.Count > 0;
    }

    /// <summary>The combination that was just run, to run it again.</summary>
    public Chooser Replay() => new Fixed([.. _trail.Take(_at).Select(choice => choice.Way)]);

    private sealed class Fixed(int[] ways) : Chooser
    {
        private int _next;

        public override int Choose(int count) => _next < ways.Length ? ways[_next++] : 0;
    }
}
