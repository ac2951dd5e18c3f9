namespace Rouse.FakeRunpod.World;

/// <summary>Ids and chances from a seed: a failing run can be had again.</summary>
internal sealed class IdSource(int seed)
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyz0123456789";

    private readonly Lock _gate = new();
    private readonly Random _random = new(seed);

    /// <summary>Opaque like Runpod's own, for example <c>4m7x2k9qab3c1d</c>.</summary>
    public string Next(int length = 14)
    {
        lock (_gate) return new string(_random.GetItems<char>(Letters, length));
    }

    /// <summary>0 (inclusive) to 1.</summary>
    public double Chance()
    {
        lock (_gate) return _random.NextDouble();
    }
}
