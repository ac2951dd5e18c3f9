using Rouse.Contracts.Secrecy;
using Rouse.TestKit.Files;
using Rouse.Worker.Egress;
using Rouse.Worker.Lifetime;
using Rouse.Worker.ModelFiles;
using Rouse.Worker.Reports;
using Rouse.Worker.Tests.Weights;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Tests.ModelFiles;

/// <summary>A file host, an empty model folder, and libraries that fetch from the one into the other.</summary>
internal sealed class LibraryFixture : IAsyncDisposable
{
    private readonly List<ModelLibrary> _libraries = [];

    private LibraryFixture(FakeFileHost host) => Host = host;

    public FakeFileHost Host { get; }

    public string Folder { get; } = Directory.CreateTempSubdirectory("rouse-models-").FullName;

    public StringWriter Log { get; } = new();

    public static async Task<LibraryFixture> StartAsync() => new(await FakeFileHost.StartAsync());

    public LibrarySettings Settings => new() { Folder = Folder, Hosts = HostRules.Parse("127.0.0.1", out _)! };

    public ModelLibrary Library(LibrarySettings? settings = null, DownloadOptions? options = null, TimeProvider? time = null)
    {
        var log = new WorkerLog(TextWriter.Synchronized(Log), TimeProvider.System, new SecretMask([]));
        var library = new ModelLibrary(settings ?? Settings, options ?? HubFixture.Options, log, new Clock(time ?? TimeProvider.System, static () => 0));
        _libraries.Add(library);
        return library;
    }

    public Task<InstalledFile> ObtainAsync(string url, string name = "a.safetensors", string? sha256 = null, LibrarySettings? settings = null) =>
        Library(settings).ObtainAsync(new WantedFile(ModelFileKind.Checkpoint, name, url, sha256), static (_, _) => { }, CancellationToken.None);

    public Task<ModelFileException> FaultAsync(string url, string name = "a.safetensors", string? sha256 = null, LibrarySettings? settings = null) =>
        Assert.ThrowsAsync<ModelFileException>(() => ObtainAsync(url, name, sha256, settings));

    /// <summary>No file of a model is there, whole or half, and nothing outside the folder.</summary>
    public void AssertNothingServed()
    {
        foreach (var kind in new[] { "checkpoints", "loras", "embeddings" })
        {
            var folder = Path.Combine(Folder, kind);
            if (Directory.Exists(folder)) Assert.Empty(Directory.GetFileSystemEntries(folder));
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var library in _libraries) library.Dispose();
        await Host.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
