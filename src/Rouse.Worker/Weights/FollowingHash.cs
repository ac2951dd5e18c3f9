using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using Microsoft.Win32.SafeHandles;

namespace Rouse.Worker.Weights;

/// <summary>
/// The check sum of a file that is still being written: follows the hole-free prefix, reading back what the system still holds in memory,
/// so that little is left to do when the last byte has come.
/// </summary>
internal sealed class FollowingHash : IAsyncDisposable
{
    /// <summary>Small enough to stay in the processor's cache between reading and hashing.</summary>
    private const int BufferSize = 128 << 10;

    private readonly Channel<long> _prefix = Channel.CreateBounded<long>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private readonly CancellationTokenSource _stop = new();
    private readonly SafeFileHandle _file;
    private readonly Task<string> _result;

    /// <param name="gitSize">Bytes of the whole file where git's digest of it is wanted; null for SHA-256.</param>
    public FollowingHash(SafeFileHandle file, long? gitSize)
    {
        _file = file;
        _result = Task.Run(() => FollowAsync(gitSize, _stop.Token), CancellationToken.None);
    }

    /// <param name="prefix">Everything before this byte is written.</param>
    public void Advance(long prefix) => _prefix.Writer.TryWrite(prefix);

    /// <summary>The hash in lower-case hexadecimal digits, once all is written.</summary>
    public async Task<string> FinishAsync()
    {
        _prefix.Writer.TryComplete();
        return await _result;
    }

    /// <summary>Ends it, wherever it is: the file may be closed then.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await ((Task)_result).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task<string> FollowAsync(long? gitSize, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(gitSize is null ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1);
        // git hashes "blob", the length and a zero byte before the content.
        if (gitSize is { } size) hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {size}\0")));
        var buffer = new byte[BufferSize];
        var at = 0L;
        await foreach (var prefix in _prefix.Reader.ReadAllAsync(ct))
        {
            while (at < prefix)
            {
                ct.ThrowIfCancellationRequested();
                var read = RandomAccess.Read(_file, buffer.AsSpan(0, (int)Math.Min(buffer.Length, prefix - at)), at);
                if (read == 0) break;
                hash.AppendData(buffer, 0, read);
                at += read;
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
