using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace Rouse.Server.Features.Forwarding;

/// <summary>What of a <c>Prefer</c> header (RFC 7240) is ours to grant. What cannot be read was not said.</summary>
/// <param name="Wait">The longest that the caller wants to wait until it is sent, in whole seconds.</param>
internal readonly record struct Wishes(bool RespondAsync, TimeSpan? Wait)
{
    /// <summary>A day: more is as good as no bound.</summary>
    private const int MaxWaitSeconds = 86_400;

    public static Wishes Of(StringValues headers)
    {
        var wishes = default(Wishes);
        foreach (var line in headers)
        {
            foreach (var part in line.AsSpan().Split(','))
            {
                var wish = line.AsSpan(part);
                if (wish.IndexOf(';') is var end and >= 0) wish = wish[..end];
                var equals = wish.IndexOf('=');
                var name = (equals < 0 ? wish : wish[..equals]).Trim();
                // RFC 7240 §2: of the same preference twice, the first counts.
                if (name.Equals("respond-async", StringComparison.OrdinalIgnoreCase)) wishes = wishes with { RespondAsync = true };
                else if (equals > 0 && wishes.Wait is null && name.Equals("wait", StringComparison.OrdinalIgnoreCase)) wishes = wishes with { Wait = Seconds(wish[(equals + 1)..].Trim().Trim('"')) };
            }
        }

        return wishes;
    }

    private static TimeSpan? Seconds(ReadOnlySpan<char> text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(Math.Min(seconds, MaxWaitSeconds)) : null;
}
