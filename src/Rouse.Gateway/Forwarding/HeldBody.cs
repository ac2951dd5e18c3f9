using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.ExceptionServices;

namespace Rouse.Gateway.Forwarding;

/// <summary>
/// A caller's body while its request is held. What the server takes in by itself is bounded, and of a caller that leaves with more on its way nothing is heard until
/// somebody reads. So it is read on, into a file that has no name any more and goes with this object or the process; at its turn it is read from there, and on.
/// </summary>
/// <param name="source">The server's own; not closed here.</param>
/// <param name="reader">Of the same. A read of it can be called back without harm; a read of the stream that is cancelled leaves the server's reader unusable.</param>
/// <param name="folder">For the file.</param>
/// <param name="mayKeep">Told how many bytes the file would have; false: no more is read ahead.</param>
public sealed class HeldBody(Stream source, PipeReader reader, string folder, Func<long, bool> mayKeep) : Stream
{
    private static long s_files;

    private readonly Lock _gate = new();
    private CancellationTokenSource _turn = new();
    private Task _ahead = Task.CompletedTask;
    private State _state;
    private FileStream? _file;
    private ExceptionDispatchInfo? _fault;
    private long _kept;
    private long _position;

    private enum State
    {
        /// <summary>Nobody reads ahead.</summary>
        Idle,

        Reading,

        /// <summary>The read ahead is called back, and must be seen to come back.</summary>
        CalledBack,
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => _position; set => throw new NotSupportedException(); }

    /// <summary>The request is held from now on. Nothing of the body may have been read through this object.</summary>
    /// <param name="patience">So long the body is left where it is: most are not held any longer.</param>
    public void ReadAhead(TimeSpan patience, TimeProvider time)
    {
        if (!_ahead.IsCompleted || _position > 0 || _fault is not null) return;
        _turn.Dispose();
        _turn = new CancellationTokenSource();
        _ahead = ReadAheadAsync(patience, time, _turn.Token);
    }

    /// <summary>It is its turn: when this returns nobody reads the source but who reads this.</summary>
    public async ValueTask StopAsync()
    {
        await _turn.CancelAsync();
        lock (_gate)
        {
            if (_state == State.Reading)
            {
                _state = State.CalledBack;
                reader.CancelPendingRead();
            }
        }

        await _ahead;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position == _kept)
        {
            _fault?.Throw();
            return await source.ReadAsync(buffer, cancellationToken);
        }

        var left = (int)Math.Min(buffer.Length, _kept - _position);
        var read = await RandomAccess.ReadAsync(_file!.SafeFileHandle, buffer[..left], _position, cancellationToken);
        if (read == 0 && left > 0) throw new IOException("The file of a held body is shorter than what was written.");
        _position += read;
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        await StopAsync();
        _turn.Dispose();
        if (_file is not null) await _file.DisposeAsync();
        await base.DisposeAsync();
    }

    private static FileStream Create(string folder)
    {
        var path = Path.Combine(folder, $"held-{Environment.ProcessId}-{Interlocked.Increment(ref s_files)}");
        // New: a replica in another container may have this number too, and must not get the same file before it is nameless.
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0, Options = FileOptions.Asynchronous,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        var file = new FileStream(path, options);
        File.Delete(path);
        return file;
    }

    private async Task ReadAheadAsync(TimeSpan patience, TimeProvider time, CancellationToken turn)
    {
        await Task.Delay(patience, time, turn).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
        {
            if (turn.IsCancellationRequested) return;
            _state = State.Reading;
        }

        try
        {
            for (var isOver = false; ;)
            {
                var part = await reader.ReadAsync(CancellationToken.None);
                isOver = isOver || part.IsCanceled || !TryKeep(part.Buffer);
                reader.AdvanceTo(isOver ? part.Buffer.Start : part.Buffer.End);
                // What was called back is left where it is; but the call must not be met by who reads next.
                if (part.IsCanceled || ((isOver || part.IsCompleted) && TryEnd())) return;
            }
        }
        catch (Exception fault) when (fault is IOException or OperationCanceledException or InvalidOperationException)
        {
            // The caller has left, or what it sends is no body: who reads on is told.
            _fault = ExceptionDispatchInfo.Capture(fault);
        }
        finally
        {
            lock (_gate) _state = State.Idle;
        }
    }

    private bool TryEnd()
    {
        lock (_gate)
        {
            if (_state == State.CalledBack) return false;
            _state = State.Idle;
            return true;
        }
    }

    /// <returns>False when there is no room, or the disk does not work.</returns>
    private bool TryKeep(in ReadOnlySequence<byte> bytes)
    {
        if (bytes.IsEmpty) return true;
        if (!mayKeep(_kept + bytes.Length)) return false;
        try
        {
            _file ??= Create(folder);
            var at = _kept;
            foreach (var part in bytes)
            {
                RandomAccess.Write(_file.SafeFileHandle, part.Span, at);
                at += part.Length;
            }

            _kept = at;
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
