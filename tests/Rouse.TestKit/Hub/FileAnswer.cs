using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Headers;

namespace Rouse.TestKit.Hub;

/// <summary>Sends a file or a range of it, as fast and as faultily as the script says.</summary>
internal sealed class FileAnswer(HubScript script)
{
    /// <summary>Chunks per second of a limited connection.</summary>
    private const int Beats = 40;

    private readonly Lock _gate = new();
    private long _sent;

    public long BytesSent => Interlocked.Read(ref _sent);

    public async Task SendAsync(HttpContext context, FakeFile file)
    {
        if (script.FileStatuses.TryDequeue(out var status))
        {
            await HubReplies.RefuseAsync(context, status, null, script);
            return;
        }

        var (start, end) = Range(context, file);
        context.Response.Headers.ETag = $"\"{file.Etag}\"";
        context.Response.Headers.AcceptRanges = "bytes";
        context.Response.ContentLength = end - start;
        var faults = NextFaults();
        if (faults.Stalls)
        {
            await HubReplies.StallAsync(context);
            return;
        }

        await SendBodyAsync(context, file, start, end, faults);
    }

    private async Task SendBodyAsync(HttpContext context, FakeFile file, long start, long end, Faults faults)
    {
        var started = TimeProvider.System.GetTimestamp();
        var stop = Math.Min(end, start + faults.CutAfter);
        for (var at = start; at < stop;)
        {
            var chunk = script.BytesPerSecond is { } rate ? rate / Beats : 256 << 10;
            var half = start + ((end - start) / 2);
            // Ends a chunk at the middle, where a held body is held and a wrong one is wrong.
            var bytes = file.At(at, Math.Min(Math.Max(chunk, 1), (at < half ? Math.Min(half, stop) : stop) - at));
            if (at >= half && file.IsLarge && start >= script.HoldFrom && script.HoldBodies is { } hold) await hold.WaitAsync(context.RequestAborted);
            if (faults.IsWrong && at <= half && half < at + bytes.Length) bytes = Spoil(bytes, (int)(half - at));
            await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
            at += bytes.Length;
            Interlocked.Add(ref _sent, bytes.Length);
            if (script.BytesPerSecond is { } limit) await PaceAsync(context, TimeSpan.FromSeconds((at - start) / (double)limit), started);
        }

        if (stop == end) return;
        await context.Response.Body.FlushAsync();
        context.Abort();
    }

    private static async Task PaceAsync(HttpContext context, TimeSpan due, long started)
    {
        var early = due - TimeProvider.System.GetElapsedTime(started);
        if (early > TimeSpan.FromMilliseconds(1)) await Task.Delay(early, TimeProvider.System, context.RequestAborted);
    }

    private static (long Start, long End) Range(HttpContext context, FakeFile file)
    {
        if (new RequestHeaders(context.Request.Headers).Range?.Ranges.FirstOrDefault() is not { From: { } from } range) return (0, file.Size);
        var end = Math.Min((range.To ?? file.Size - 1) + 1, file.Size);
        context.Response.StatusCode = StatusCodes.Status206PartialContent;
        context.Response.Headers.ContentRange = $"bytes {from}-{end - 1}/{file.Size}";
        return (from, end);
    }

    private static byte[] Spoil(ReadOnlyMemory<byte> bytes, int at)
    {
        var copy = bytes.ToArray();
        copy[at] ^= 0x40;
        return copy;
    }

    private Faults NextFaults()
    {
        lock (_gate)
        {
            var (wrong, stalls) = (script.WrongBodies > 0, script.StalledBodies > 0);
            if (wrong) script.WrongBodies--;
            if (stalls) script.StalledBodies--;
            return new Faults(wrong, stalls, script.Cuts.TryDequeue(out var cut) ? cut : long.MaxValue / 2);
        }
    }

    private readonly record struct Faults(bool IsWrong, bool Stalls, long CutAfter);
}
