using System.Text;
using Rouse.Contracts.Webhooks;
using Rouse.Fuzz.Cases;
using Rouse.Fuzz.World;

namespace Rouse.Fuzz.Wire;

/// <summary>Puts the world's objects and credentials into a case, sends it, and brings back what came.</summary>
internal sealed class Sender(FuzzWorld world, Uri address) : IAsyncDisposable
{
    /// <summary>An answer that takes longer is a hang.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>For operations that are held by design: what has not come by then is not waited for.</summary>
    private static readonly TimeSpan HeldPatience = TimeSpan.FromMilliseconds(300);

    // Whose objects know their token.
    private static readonly string[] s_workers = ["{{taken:", "{{idle:", "{{served:"];
    private static long s_messages;

    private readonly RawConnection _connection = new(address);

    /// <param name="isHeld">Silence is an answer too: the caller leaves, as callers do.</param>
    public Task<Reply> SendAsync(FuzzCase one, bool isHeld) => _connection.ExchangeAsync(Render(one), one.Method == "HEAD", isHeld ? HeldPatience : Patience);

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private byte[] Render(FuzzCase one)
    {
        var pool = world.Pool;
        var head = new StringBuilder();
        head.Append(one.Method).Append(' ').Append(pool.Resolve(one.Target)).Append(" HTTP/1.1\r\nHost: ").Append(address.Authority).Append("\r\n");
        foreach (var (name, value) in Credential(one)) head.Append(name).Append(": ").Append(pool.Resolve(value)).Append("\r\n");
        foreach (var (name, value) in one.Headers) head.Append(name).Append(": ").Append(pool.Resolve(value)).Append("\r\n");
        var body = one.Bytes is { } bytes ? bytes.ToArray() : one.Json is { } json ? Encoding.UTF8.GetBytes(pool.Resolve(json.ToString())) : null;
        if (one.Caller == Caller.Worker && one.Path.StartsWith("/internal/", StringComparison.Ordinal)) Sign(head, one.Path, body ?? []);
        if (body is null) return Encoding.UTF8.GetBytes(head.Append("\r\n").ToString());
        if (!one.IsChunked) return [.. Encoding.UTF8.GetBytes(head.Append("Content-Length: ").Append(body.Length).Append("\r\n\r\n").ToString()), .. body];
        var cut = body.Length / 2;
        byte[] chunked = [.. Encoding.UTF8.GetBytes(head.Append("Transfer-Encoding: chunked\r\n\r\n").ToString()), .. Chunk(body.AsSpan(0, cut)), .. Chunk(body.AsSpan(cut)), .. "0\r\n\r\n"u8];
        return chunked;
    }

    /// <summary>What a worker reports is signed with the secret of its attempt, over the very bytes.</summary>
    private void Sign(StringBuilder head, string path, byte[] body)
    {
        if (!WebhookSecret.TryParse(world.Pool.Resolve(WorkerToken(path).Replace(":token", ":secret", StringComparison.Ordinal)), out var secret)) return;
        var (id, at) = ("msg_" + Interlocked.Increment(ref s_messages), TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
        head.Append("webhook-id: ").Append(id).Append("\r\nwebhook-timestamp: ").Append(at).Append("\r\nwebhook-signature: ").Append(WebhookSignature.Sign(secret!, id, at, body)).Append("\r\n");
    }

    private static byte[] Chunk(ReadOnlySpan<byte> part) =>
        part.IsEmpty ? [] : [.. Encoding.ASCII.GetBytes(part.Length.ToString("x", System.Globalization.CultureInfo.InvariantCulture) + "\r\n"), .. part, .. "\r\n"u8];

    private static IEnumerable<(string Name, string Value)> Credential(FuzzCase one) => one.Caller switch
    {
        Caller.Owner => [("Authorization", "Bearer " + Canaries.OwnerKey)],
        Caller.Stranger => [("X-Runpod-Api-Key", Canaries.StrangerKey)],
        Caller.Forger => [one.Forgery],
        // A worker's token goes with the deployment that the path names.
        Caller.Worker => [("Authorization", WorkerToken(one.Path))],
        _ => [],
    };

    public static string WorkerToken(string path)
    {
        var kind = s_workers.First(kind => path.Contains(kind, StringComparison.Ordinal) || kind == s_workers[^1]);
        var at = path.IndexOf(kind, StringComparison.Ordinal);
        if (at < 0) return "{{served:0:token}}";
        var end = path.IndexOfAny([':', '}'], at + kind.Length);
        return path[at..end] + ":token}}";
    }
}
