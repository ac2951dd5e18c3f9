using System.Globalization;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Rouse.Core.Ports;

namespace Rouse.Providers.Runpod;

/// <summary>
/// How fast one account is asked. Reads share a bucket of <see cref="RunpodOptions.ReadsPerSecond"/>; what Runpod says of its own limits holds all
/// calls back, or the reads alone while a few calls are left for creates and deletes. Thread-safe.
/// </summary>
internal sealed partial class RunpodPace(RunpodOptions options, TimeProvider time)
{
    private readonly Lock _gate = new();
    private double _tokens = options.ReadBurst;
    private long _filledAt = time.GetTimestamp();
    private long _nothingUntil = long.MinValue;
    private long _noReadsUntil = long.MinValue;

    /// <summary>A read that can be left out: false when it should be.</summary>
    public bool TryRead()
    {
        lock (_gate)
        {
            Fill();
            if (_tokens < 1 || Wait(_noReadsUntil) > TimeSpan.Zero || Wait(_nothingUntil) > TimeSpan.Zero) return false;
            _tokens--;
            return true;
        }
    }

    /// <summary>A read that others wait for. It goes at once, and those that can be left out wait the longer.</summary>
    /// <exception cref="ProviderException">Runpod asked to wait.</exception>
    public void Read()
    {
        lock (_gate)
        {
            var wait = Wait(_noReadsUntil);
            ThrowIf(wait > Wait(_nothingUntil) ? wait : Wait(_nothingUntil));
            Fill();
            _tokens--;
        }
    }

    /// <summary>A read that completes another one, and goes with it.</summary>
    public void Owe()
    {
        lock (_gate) _tokens--;
    }

    /// <summary>A call that changes something.</summary>
    /// <exception cref="ProviderException">Runpod asked to wait.</exception>
    public void Write()
    {
        lock (_gate) ThrowIf(Wait(_nothingUntil));
    }

    /// <summary>Takes note of what an answer says of the limits: <c>Retry-After</c> of a 429, and <c>RateLimit</c> of any.</summary>
    public TimeSpan? Note(HttpResponseMessage answer)
    {
        lock (_gate)
        {
            // "minute";r=176;t=1, "hour";r=2800;t=1812
            var limits = answer.Headers.TryGetValues("RateLimit", out var values) ? string.Join(", ", values) : "";
            foreach (Match window in Window().Matches(limits))
            {
                if (!int.TryParse(window.Groups["r"].Value, CultureInfo.InvariantCulture, out var left)) continue;
                if (!int.TryParse(window.Groups["t"].Value, CultureInfo.InvariantCulture, out var seconds)) continue;
                if (left <= options.ReservedCalls) _noReadsUntil = Later(_noReadsUntil, TimeSpan.FromSeconds(seconds));
                if (left == 0) _nothingUntil = Later(_nothingUntil, TimeSpan.FromSeconds(seconds));
            }

            if ((int)answer.StatusCode != 429) return null;
            var wait = RetryAfter(answer.Headers.RetryAfter) ?? LongerOf(Wait(_nothingUntil), TimeSpan.FromSeconds(10));
            _nothingUntil = Later(_nothingUntil, wait);
            return wait;
        }
    }

    private static TimeSpan LongerOf(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static void ThrowIf(TimeSpan wait)
    {
        if (wait <= TimeSpan.Zero) return;
        var seconds = Math.Ceiling(wait.TotalSeconds).ToString("0", CultureInfo.InvariantCulture);
        throw new ProviderException(ProviderFault.RateLimited, $"Runpod asked to wait {seconds} s before the next call. It is asked again then.") { RetryAfter = wait };
    }

    private TimeSpan? RetryAfter(RetryConditionHeaderValue? header) =>
        header?.Delta ?? (header?.Date is { } date && date > time.GetUtcNow() ? date - time.GetUtcNow() : null);

    private void Fill()
    {
        var elapsed = time.GetElapsedTime(_filledAt);
        _filledAt = time.GetTimestamp();
        _tokens = Math.Min(options.ReadBurst, _tokens + (elapsed.TotalSeconds * options.ReadsPerSecond));
    }

    private TimeSpan Wait(long until) => until == long.MinValue ? TimeSpan.Zero : LongerOf(time.GetElapsedTime(time.GetTimestamp(), until), TimeSpan.Zero);

    private long Later(long until, TimeSpan wait)
    {
        // A day at most: a header that is wrong must not lock an account out for ever.
        var bounded = wait < TimeSpan.FromDays(1) ? wait : TimeSpan.FromDays(1);
        return Math.Max(until, time.GetTimestamp() + (long)(bounded.TotalSeconds * time.TimestampFrequency));
    }

    [GeneratedRegex(@"r=(?<r>\d{1,9})\s*;\s*t=(?<t>\d{1,6})", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Window();
}
