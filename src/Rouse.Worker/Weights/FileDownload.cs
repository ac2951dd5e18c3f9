using Rouse.Worker.Lifetime;

namespace Rouse.Worker.Weights;

/// <summary>
/// One file over several connections. Each takes the next piece of the plan, reads it into its buffer, writes the buffer at its place in the
/// file, and takes another; a cut connection goes on where it was cut. The check sum follows behind.
/// </summary>
internal sealed class FileDownload(
    RemoteFile file, PartialFile part, SemaphoreSlim slots, DownloadOptions options, DownloadProgress progress, Clock clock)
{
    private readonly Backoff _backoff = new(options.FirstWait, options.LongestWait, clock.Jitter);

    /// <summary>The digest, in lower-case hexadecimal digits, of what has come; all of it is safe on disk.</summary>
    public async Task<string> RunAsync(CancellationToken ct)
    {
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(ct);
        await using var hash = new FollowingHash(part.Handle, file.IsGitBlob ? file.Size : null);
        await using var flush = new FollowingFlush(() => RandomAccess.FlushToDisk(part.Handle), options.FlushStep);
        hash.Advance(part.Prefix);
        var plan = new RangePlan(part.Gaps(), options);
        var connections = Enumerable.Range(0, plan.Width).Select(_ => ConnectionAsync(plan, hash, flush, failed)).ToList();
        try
        {
            await Task.WhenAll(connections);
        }
        catch when (!ct.IsCancellationRequested)
        {
            // The first fault has cancelled the other connections; theirs is no news.
            throw connections.Select(static task => task.Exception?.InnerException).OfType<Exception>().First();
        }

        // The disk works while the check sum catches up.
        var sum = hash.FinishAsync();
        await Task.WhenAll(flush.FinishAsync(), sum);
        return await sum;
    }

    private async Task ConnectionAsync(RangePlan plan, FollowingHash hash, FollowingFlush flush, CancellationTokenSource failed)
    {
        var buffer = GC.AllocateUninitializedArray<byte>((int)Math.Min(options.BufferSize, Math.Max(file.Size, 1)));
        try
        {
            while (plan.TryTake(out var piece))
            {
                await slots.WaitAsync(failed.Token);
                try
                {
                    await FetchAsync(piece, buffer, hash, flush, failed.Token);
                }
                finally
                {
                    slots.Release();
                }
            }
        }
        catch
        {
            await failed.CancelAsync();
            throw;
        }
    }

    /// <summary>Brings a piece, however often its connection is cut.</summary>
    private async Task FetchAsync(ByteRange piece, byte[] buffer, FollowingHash hash, FollowingFlush flush, CancellationToken ct)
    {
        var failures = 0;
        while (piece.Length > 0)
        {
            var cursor = new PieceWriter(part, hash, flush, progress, piece.Start, options.JournalStep);
            try
            {
                await ReadAsync(piece, buffer, cursor, ct);
            }
            catch (PassingFault fault)
            {
                failures = cursor.Written - piece.Start >= options.LeastProgress ? 1 : failures + 1;
                if (failures >= options.MaxFailures) throw file.Unavailable(fault);
                await Task.Delay(fault.WaitAtLeast(_backoff.After(failures), options.LongestAsked), clock.Time, ct);
            }
            finally
            {
                cursor.Flush();
            }

            piece = piece with { Start = cursor.Written };
        }
    }

    private async Task ReadAsync(ByteRange piece, byte[] buffer, PieceWriter cursor, CancellationToken ct)
    {
        using var idle = new CancellationTokenSource(options.IdleTimeout, clock.Time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct, idle.Token);
        var filled = 0;
        try
        {
            var (response, skip) = await file.Open(piece.Start, piece.End, stop.Token);
            using var opened = response;
            await using var body = await response.Content.ReadAsStreamAsync(stop.Token);
            var (left, lately) = (piece.Length, 0L);
            while (left > 0)
            {
                var room = skip > 0 ? Math.Min(buffer.Length, skip) : Math.Min(buffer.Length - filled, left);
                var read = await body.ReadAsync(buffer.AsMemory(filled, (int)room), stop.Token);
                if (read == 0) throw new PassingFault("the connection was cut");
                lately += read;
                if (lately >= options.LeastProgress)
                {
                    idle.CancelAfter(options.IdleTimeout);
                    lately = 0;
                }

                if (skip > 0)
                {
                    skip -= read;
                    continue;
                }

                (filled, left) = (filled + read, left - read);
                if (filled < buffer.Length && left > 0) continue;
                // A slow disk is not the peer's fault.
                idle.CancelAfter(Timeout.InfiniteTimeSpan);
                await cursor.WriteAsync(buffer.AsMemory(0, filled), ct);
                filled = 0;
                cursor.Note();
                idle.CancelAfter(options.IdleTimeout);
            }
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException and not DiskFault)
        {
            throw new PassingFault(fault.Message);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new PassingFault($"less than {ByteText.Of(options.LeastProgress)} came in {options.IdleTimeout.TotalSeconds:0} s");
        }
        finally
        {
            // What came before a cut is kept.
            if (filled > 0) await cursor.WriteAsync(buffer.AsMemory(0, filled), CancellationToken.None);
        }
    }
}
