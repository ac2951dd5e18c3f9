using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Xunit.Abstractions;

namespace Rouse.Gateway.Tests.Forwarding;

/// <summary>What the slow and the large cost others. <c>ROUSE_GATEWAY_SLOW</c> asks for more slow sockets, <c>ROUSE_GATEWAY_UPLOAD_MIB</c> for a larger upload.</summary>
public sealed class LoadTests(ITestOutputHelper output)
{
    private const int Asked = 400;

    private static int Setting(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var count) ? count : otherwise;

    [Fact]
    public async Task SlowSockets_TakeNothingFromTheOthers()
    {
        var count = Setting("ROUSE_GATEWAY_SLOW", 500);
        await using var backend = RawBackend.Answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        await using var front = await Front.StartAsync(backend.Route);
        await AskAsync(front);
        var alone = await AskAsync(front);
        List<RawConnection> slow = [];
        for (var i = 0; i < count; i++)
        {
            slow.Add(await RawConnection.ToAsync(front.Port));
            // A head that does not end, and a body that does not come.
            await slow[i].WriteAsync(i % 2 == 0 ? "POST / HTTP/1.1\r\nHost: x\r\nX-Sl" : "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nslow");
        }

        var beside = await AskAsync(front);
        slow.ForEach(connection => connection.Dispose());
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"p99 alone {alone:F2} ms, beside {count} slow sockets {beside:F2} ms: {beside / alone:F2} ×"));
        Assert.True(beside < TimeSpan.FromSeconds(1).TotalMilliseconds, $"{beside} ms");
    }

    [Fact]
    public async Task AnUpload_StreamsThrough_InLittleMemory()
    {
        var bytes = (long)Setting("ROUSE_GATEWAY_UPLOAD_MIB", 64) << 20;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var backend = new RawBackend(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.DiscardAsync(bytes, hash);
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        });
        await using var front = await Front.StartAsync(backend.Route);
        using var caller = await RawConnection.ToAsync(front.Port);
        var block = new byte[1 << 20];
        Array.Fill(block, (byte)'u');
        using var sent = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        GC.Collect();
        var before = Environment.WorkingSet;
        var most = before;
        await caller.WriteAsync($"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: {bytes}\r\n\r\n");
        for (var left = bytes; left > 0; left -= block.Length)
        {
            await caller.WriteAsync(block);
            sent.AppendData(block);
            if (left % (8 << 20) == 0) most = Math.Max(most, Environment.WorkingSet);
        }

        Assert.StartsWith("HTTP/1.1 200", await caller.ReadHeadAsync(), StringComparison.Ordinal);
        Assert.Equal(sent.GetHashAndReset(), hash.GetHashAndReset());
        output.WriteLine($"{bytes >> 20} MiB through; working set grew by {(most - before) >> 20} MiB, sender and receiver included");
        Assert.True(most - before < 200 << 20, $"{(most - before) >> 20} MiB");
    }

    /// <summary>p99 in milliseconds of requests one after the other.</summary>
    private static async Task<double> AskAsync(Front front)
    {
        using var caller = await RawConnection.ToAsync(front.Port);
        List<double> times = [];
        for (var i = 0; i < Asked; i++)
        {
            var start = Stopwatch.GetTimestamp();
            await caller.WriteAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 200", await caller.ReadHeadAsync(), StringComparison.Ordinal);
            await caller.ReadAsync(2);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return times.Order().ElementAt(Asked * 99 / 100);
    }
}
