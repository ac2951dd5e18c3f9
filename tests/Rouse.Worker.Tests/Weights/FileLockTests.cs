using System.Net.Sockets;
using Rouse.Worker.Tests.Support;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Tests.Weights;

public sealed class FileLockTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rouse-lock-").FullName;

    [Fact]
    public async Task Take_WaitsForItsHolder_AndIsNotStoppedByWhatADeadOneLeft()
    {
        var path = Path.Combine(_folder, "a.lock");
        await File.WriteAllTextAsync(path, "left behind");
        var waited = 0;
        var first = await TakeAsync(path, () => waited++);
        var second = TakeAsync(path, () => waited++);

        Assert.Equal(1, waited);
        Assert.False(second.IsCompleted);
        first.Dispose();
        (await second.InTimeAsync()).Dispose();
    }

    [Fact]
    public async Task Take_OfWhatCanNeverBeHad_FailsAtOnce()
    {
        var path = Path.Combine(_folder, "a.lock");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));

        await Assert.ThrowsAsync<IOException>(() => TakeAsync(path, static () => Assert.Fail("Nobody holds it.")).InTimeAsync());
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static Task<IDisposable> TakeAsync(string path, Action waiting) =>
        FileLock.TakeAsync(path, waiting, TimeSpan.FromMilliseconds(5), TimeProvider.System, CancellationToken.None);
}
