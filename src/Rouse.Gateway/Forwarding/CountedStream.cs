using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;

namespace Rouse.Gateway.Forwarding;

/// <summary>Passes bytes through and counts them. Disposing it disposes the inner one.</summary>
internal class CountedStream(Stream inner) : Stream
{
    private long _read;
    private long _written;

    /// <summary>Bytes.</summary>
    public long ReadSoFar => Volatile.Read(ref _read);

    /// <summary>Bytes.</summary>
    public long WrittenSoFar => Volatile.Read(ref _written);

    public override bool CanRead => inner.CanRead;

    public override bool CanSeek => false;

    public override bool CanWrite => inner.CanWrite;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Told of bytes before they are handed on.</summary>
    /// <param name="total">All so far.</param>
    protected virtual void OnRead(long total)
    {
    }

    /// <summary>Told when a read was waited for in vain.</summary>
    protected virtual void OnCanceled()
    {
    }

    /// <summary>Awaited before a read that has to wait.</summary>
    protected virtual ValueTask BeforeWaitAsync(CancellationToken ct) => ValueTask.CompletedTask;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = inner.ReadAsync(buffer, cancellationToken);
        return read.IsCompletedSuccessfully ? ValueTask.FromResult(Count(read.Result)) : WaitAsync(read, cancellationToken);
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await inner.WriteAsync(buffer, cancellationToken);
        Interlocked.Add(ref _written, buffer.Length);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => Count(inner.Read(buffer, offset, count));

    public override void Write(byte[] buffer, int offset, int count)
    {
        inner.Write(buffer, offset, count);
        Interlocked.Add(ref _written, count);
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> WaitAsync(ValueTask<int> read, CancellationToken ct)
    {
        var before = BeforeWaitAsync(ct);
        try
        {
            await before;
        }
        catch
        {
            // The read goes on in the caller's buffer, which must not be given back before it has ended.
            await ((Task)read.AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        try
        {
            return Count(await read);
        }
        catch (OperationCanceledException)
        {
            OnCanceled();
            throw;
        }
    }

    private int Count(int bytes)
    {
        if (bytes > 0) OnRead(Interlocked.Add(ref _read, bytes));
        return bytes;
    }
}

/// <summary>A caller's body, no longer than it may be.</summary>
internal sealed class CallerBody(Stream inner, long most) : CountedStream(inner)
{
    protected override void OnRead(long total)
    {
        if (total > most) throw new BadHttpRequestException("The body is larger than it may be.", StatusCodes.Status413PayloadTooLarge);
    }

    protected override void Dispose(bool disposing)
    {
        // The server's own: it drains and ends it.
    }
}

/// <summary>A backend's answer of unknown length. Before its first silence what is there goes out, its headers included: an event stream has begun long before its first event.</summary>
internal sealed class BackendBody(Stream inner, HttpContext context, bool isFlushed) : CountedStream(inner)
{
    private bool _isFlushed = isFlushed;

    /// <summary>It was waited for until the time was up, and the caller was still there.</summary>
    public bool WasSilent { get; private set; }

    protected override void OnCanceled() => WasSilent = !context.RequestAborted.IsCancellationRequested;

    protected override ValueTask BeforeWaitAsync(CancellationToken ct)
    {
        if (_isFlushed) return ValueTask.CompletedTask;
        _isFlushed = true;
        return new ValueTask(context.Response.Body.FlushAsync(ct));
    }
}
