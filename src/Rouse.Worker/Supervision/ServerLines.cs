using Rouse.Worker.Lifetime;
using Rouse.Worker.Reports;

namespace Rouse.Worker.Supervision;

/// <summary>What a program beside the worker says: into the log, but no faster than a log is read, and its last lines kept for when it dies.</summary>
internal sealed class ServerLines(string name, WorkerLog log, Clock clock)
{
    /// <summary>Lines in a row that all reach the log: what a server says of its start.</summary>
    public const int Burst = 200;

    /// <summary>Lines each second after that: more is a program in a loop, and would fill the log's tunnel.</summary>
    public const int Rate = 20;

    /// <summary>Lines kept: a Python traceback's end, with what was said before it.</summary>
    public const int Kept = 20;

    /// <summary>Characters of all of them together that a message shows.</summary>
    public const int ShownLength = 1_500;

    private readonly Lock _gate = new();
    private readonly Queue<string> _last = new();
    private double _left = Burst;
    private long _at = clock.Time.GetTimestamp();
    private int _dropped;

    public void Add(string line)
    {
        int dropped;
        lock (_gate)
        {
            _last.Enqueue(line);
            if (_last.Count > Kept) _last.Dequeue();
            var now = clock.Time.GetTimestamp();
            _left = Math.Min(Burst, _left + (clock.Time.GetElapsedTime(_at, now).TotalSeconds * Rate));
            _at = now;
            if (_left < 1)
            {
                _dropped++;
                return;
            }

            _left--;
            (dropped, _dropped) = (_dropped, 0);
        }

        if (dropped > 0) log.Warning($"[{name}] {dropped} lines are left out here: it writes more than {Rate} each second.");
        log.Info($"[{name}] {line}");
    }

    /// <summary>A new life of it begins: what the one before said is no longer its own.</summary>
    public void Forget()
    {
        lock (_gate) _last.Clear();
    }

    /// <summary>As part of a message, masked; empty where it said nothing.</summary>
    public string Shown()
    {
        string[] last;
        lock (_gate) last = [.. _last];
        var text = string.Join(" | ", last);
        if (text.Length > ShownLength) text = string.Concat("…", text.AsSpan(text.Length - ShownLength));
        return text.Length == 0 ? "It said nothing." : $"It said last: {log.Mask(text)}";
    }

    public bool Mention(string words)
    {
        lock (_gate) return _last.Any(line => line.Contains(words, StringComparison.OrdinalIgnoreCase));
    }
}
