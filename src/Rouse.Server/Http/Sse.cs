using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Rouse.Server.Http;

/// <summary>Server-sent events on a response: headers, frames, heartbeats. (WHATWG HTML §9.2)</summary>
internal static class Sse
{
    /// <summary>How soon a client comes back after a cut.</summary>
    public static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);

    /// <summary>Proxies close connections that are silent for 30 to 60 s.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    private static readonly byte[] s_heartbeat = ": still here\n\n"u8.ToArray();

    public static async ValueTask BeginAsync(HttpContext context)
    {
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        var retry = string.Create(CultureInfo.InvariantCulture, $"retry: {(int)Retry.TotalMilliseconds}\n\n");
        await context.Response.Body.WriteAsync(Encoding.ASCII.GetBytes(retry), context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }

    /// <param name="data">JSON without line breaks.</param>
    public static byte[] Frame(long id, string name, ReadOnlySpan<byte> data)
    {
        var head = string.Create(CultureInfo.InvariantCulture, $"id: {id}\nevent: {name}\ndata: ");
        var frame = new byte[head.Length + data.Length + 2];
        Encoding.ASCII.GetBytes(head, frame);
        data.CopyTo(frame.AsSpan(head.Length));
        frame[^2] = frame[^1] = (byte)'\n';
        return frame;
    }

    public static async ValueTask BeatAsync(HttpContext context, CancellationToken ct)
    {
        await context.Response.Body.WriteAsync(s_heartbeat, ct);
        await context.Response.Body.FlushAsync(ct);
    }

    /// <summary>The sequence after which to go on: <c>Last-Event-ID</c>, or <c>?last_event_id=</c> where headers cannot be set; 0 from the start.</summary>
    public static bool TryReadPosition(HttpRequest request, out long position)
    {
        position = 0;
        var text = request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } header ? header : request.Query["last_event_id"].ToString();
        return text.Length == 0 || long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out position);
    }
}
