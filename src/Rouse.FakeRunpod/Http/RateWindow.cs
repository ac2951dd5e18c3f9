using System.Globalization;
using Microsoft.AspNetCore.Http;
using Rouse.FakeRunpod.Accounts;
using Rouse.FakeRunpod.World;

namespace Rouse.FakeRunpod.Http;

/// <summary>The quota of a minute, as <c>RateLimit</c> and <c>RateLimit-Policy</c> tell it.</summary>
internal sealed class RateWindow(RunpodWorld world)
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (DateTimeOffset Start, int Calls)> _windows = new(StringComparer.Ordinal);

    /// <summary>Counts a call; how long to wait when it is one too many.</summary>
    public TimeSpan? IsOver(Account account)
    {
        lock (_gate)
        {
            var window = Current(account);
            _windows[account.Name] = (window.Start, window.Calls + 1);
            return window.Calls >= world.Script.CallsPerMinute ? window.Start + s_minute - world.Now : null;
        }
    }

    public void Tell(HttpResponse response, Account account)
    {
        lock (_gate)
        {
            var window = Current(account);
            var (quota, left) = (world.Script.CallsPerMinute, Math.Max(0, world.Script.CallsPerMinute - window.Calls));
            response.Headers["RateLimit"] = string.Create(CultureInfo.InvariantCulture, $"\"minute\";r={left};t={(int)Math.Ceiling((window.Start + s_minute - world.Now).TotalSeconds)}");
            response.Headers["RateLimit-Policy"] = string.Create(CultureInfo.InvariantCulture, $"\"minute\";q={quota};w=60");
        }
    }

    private (DateTimeOffset Start, int Calls) Current(Account account) =>
        _windows.TryGetValue(account.Name, out var window) && world.Now - window.Start < s_minute ? window : (world.Now, 0);
}
