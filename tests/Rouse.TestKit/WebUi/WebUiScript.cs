using System.Collections.Concurrent;

namespace Rouse.TestKit.WebUi;

/// <summary>What goes wrong, and in what order. Each entry of a queue is used up by one drawing call.</summary>
public sealed class WebUiScript
{
    /// <summary>Statuses answered in place of drawing, as a proxy in between would.</summary>
    public ConcurrentQueue<int> Statuses { get; } = new();

    /// <summary>Status and body answered in place of drawing.</summary>
    public ConcurrentQueue<(int Status, string Body)> Answers { get; } = new();

    private int _drops;
    private int _missing;

    /// <summary>Drawing calls whose connection is cut before anything is drawn.</summary>
    public int Drops
    {
        get => Volatile.Read(ref _drops);
        set => Volatile.Write(ref _drops, value);
    }

    /// <summary>Requests to drawing routes, GET too, that are answered as if there were no such route.</summary>
    public int MissingRoutes
    {
        get => Volatile.Read(ref _missing);
        set => Volatile.Write(ref _missing, value);
    }

    /// <summary>As <see cref="MissingRoutes"/>, set when it is next asked to refresh its list of checkpoints.</summary>
    public int MissingRoutesAfterRefresh { get; set; }

    /// <summary>Interrupts and progress are not answered, and drawing never ends.</summary>
    public bool Hangs { get; set; }

    /// <summary>What health answers in place of the list of models; 200 answers it.</summary>
    public int HealthStatus { get; set; } = 200;

    /// <summary>Of one step of drawing.</summary>
    public TimeSpan StepTime { get; set; } = TimeSpan.Zero;

    /// <summary>What is drawn, in base64: a picture of one transparent pixel.</summary>
    public string Picture { get; set; } = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

    /// <summary>What a picture's answer tells beside it, a JSON object as text.</summary>
    public string Info { get; set; } = """{"seed": 1, "sampler_name": "Euler"}""";

    /// <summary>While it is set, drawing waits for its end; an interrupt ends it too.</summary>
    public Task? Hold { get; set; }

    internal bool TakeDrop() => Interlocked.Decrement(ref _drops) >= 0 || Reset(ref _drops);

    internal bool TakeMissing() => Interlocked.Decrement(ref _missing) >= 0 || Reset(ref _missing);

    private static bool Reset(ref int count)
    {
        Volatile.Write(ref count, 0);
        return false;
    }
}
