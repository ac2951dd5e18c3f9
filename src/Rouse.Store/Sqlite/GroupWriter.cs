using System.Threading.Channels;
using Rouse.Store.Sqlite.Provider;

namespace Rouse.Store.Sqlite;

/// <summary>
/// The one writer of a SQLite file: a thread of its own that runs whatever waits in one transaction and commits it with one fsync.
/// <code>
///   callers ──► queue ──► begin │ savepoint, work, release │ savepoint, work (throws), rollback to │ … │ commit ──► all callers go on
/// </code>
/// Each write has a savepoint, so one that throws is undone alone. Should the transaction itself fail, every write of the group is run once more
/// in a transaction of its own, so that only those fail which must.
/// </summary>
internal sealed class GroupWriter : IAsyncDisposable
{
    private readonly SqliteConnection _connection;
    private readonly int _maxGroup;
    private readonly Channel<PendingWrite> _queue;
    private readonly Thread _thread;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SqliteException? _fatal;

    public GroupWriter(SqliteConnection connection, StoreOptions options)
    {
        (_connection, _maxGroup) = (connection, options.MaxGroup);
        _queue = Channel.CreateBounded<PendingWrite>(new BoundedChannelOptions(options.MaxQueuedWrites) { SingleReader = true });
        _thread = new Thread(Run) { IsBackground = true, Name = "rouse sqlite writer" };
        _thread.Start();
    }

    public async ValueTask<T> WriteAsync<T>(PendingWrite<T> write, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        try
        {
            await _queue.Writer.WriteAsync(write, ct);
        }
        catch (ChannelClosedException)
        {
            throw new StorageException(StorageCodes.Unavailable, "The database is closing.");
        }

        write.WatchCancellation();
        return await write.Task;
    }

    /// <summary>Finishes what is queued, then ends the thread.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _ended.Task;
    }

    private void Run()
    {
        var group = new List<PendingWrite>(_maxGroup);
        while (_queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (group.Count < _maxGroup && _queue.Reader.TryRead(out var write))
            {
                if (write.TryStart()) group.Add(write);
            }

            if (group.Count > 0) CommitOrSplit(group);
            group.Clear();
        }

        _ended.SetResult();
    }

    private void CommitOrSplit(List<PendingWrite> group)
    {
        var error = _fatal ?? TryCommit(group);
        if (error is null)
        {
            foreach (var write in group) write.Complete();
        }
        else if (group.Count == 1 || _fatal is not null)
        {
            foreach (var write in group) write.Fail(SqliteFaults.Translate(error));
        }
        else
        {
            foreach (var write in group) CommitOrSplit([write]);
        }
    }

    private SqliteException? TryCommit(List<PendingWrite> group)
    {
        try
        {
            _connection.Execute("begin immediate");
            foreach (var write in group)
            {
                _connection.Execute("savepoint one_write");
                write.Run(_connection);
                if (write.Error is SqliteException lost && (_connection.IsAutocommit || SqliteFaults.IsOfStorage(lost))) return Abandon(lost);
                if (write.Error is not null) _connection.Execute("rollback to one_write");
                _connection.Execute("release one_write");
            }

            _connection.Execute("commit");
            return null;
        }
        catch (SqliteException error)
        {
            return Abandon(error);
        }
    }

    private SqliteException Abandon(SqliteException error)
    {
        // After a failed fsync nobody knows what is on the disk; trying again may report success for data that is gone.
        if (SqliteFaults.IsFatal(error)) _fatal = error;
        try
        {
            if (!_connection.IsAutocommit) _connection.Execute("rollback");
        }
        catch (SqliteException rollback)
        {
            _fatal = rollback;
        }

        return error;
    }
}
