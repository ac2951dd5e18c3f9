using System.Numerics;

namespace Rouse.Worker.Engines.OnnxDiffusion;

/// <summary>
/// Standard normal numbers that depend on the seed alone, on any machine and number of threads: xoshiro256** (Blackman and Vigna, 2018) seeded
/// through splitmix64, then Box and Muller's transform.
/// </summary>
internal sealed class GaussianNoise
{
    private readonly ulong[] _state = new ulong[4];
    private double? _spare;

    public GaussianNoise(long seed)
    {
        var mix = (ulong)seed;
        for (var i = 0; i < _state.Length; i++) _state[i] = SplitMix(ref mix);
    }

    public double Next()
    {
        if (_spare is { } spare)
        {
            _spare = null;
            return spare;
        }

        var radius = Math.Sqrt(-2 * Math.Log(1 - Uniform())); // 1 − u lies in (0, 1], so the logarithm is finite
        var (sine, cosine) = Math.SinCos(2 * Math.PI * Uniform());
        _spare = radius * sine;
        return radius * cosine;
    }

    /// <summary>[0, 1) in steps of 2⁻⁵³.</summary>
    private double Uniform() => (Draw() >> 11) * (1.0 / (1L << 53));

    private ulong Draw()
    {
        var result = BitOperations.RotateLeft(_state[1] * 5, 7) * 9;
        var shifted = _state[1] << 17;
        _state[2] ^= _state[0];
        _state[3] ^= _state[1];
        _state[1] ^= _state[2];
        _state[0] ^= _state[3];
        _state[2] ^= shifted;
        _state[3] = BitOperations.RotateLeft(_state[3], 45);
        return result;
    }

    private static ulong SplitMix(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        var z = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
