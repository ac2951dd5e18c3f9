using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Rouse.Server.Secrets;
using Rouse.Server.Tests.Host;
using Rouse.Store;
using Rouse.Store.Secrets;
using Rouse.TestKit.Postgres;
using static Rouse.Server.Tests.Secrets.VaultBench;

namespace Rouse.Server.Tests.Secrets;

/// <summary>The keys of an installation are never in the open, are shared by its replicas, and are not made anew because somebody lost them.</summary>
public sealed class VaultTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("rouse-vault-").FullName;

    private string Folder => Path.Combine(_root, "data");

    private string Location => $"sqlite:{Path.Combine(Folder, "rouse.db")}";

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Ring_LiesNowhereInTheOpen_AndOneFileOpensIt()
    {
        await using (var first = await OpenAsync(Folder, Location))
        {
            await first.PutAsync("dep_1", "the token");
            Assert.NotEmpty(await first.Keys.ListAsync(CancellationToken.None));
        }

        Assert.Equal(["master.key"], Directory.EnumerateFileSystemEntries(Path.Combine(Folder, "keys")).Select(Path.GetFileName));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Folder, "keys", "master.key")));
        foreach (var file in Directory.EnumerateFiles(Folder, "rouse.db*"))
        {
            var text = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file));
            foreach (var word in new[] { "<key", "masterKey", "descriptor", "the token" }) Assert.DoesNotContain(word, text, StringComparison.Ordinal);
        }

        await using var second = await OpenAsync(Folder, Location);
        Assert.Equal("the token", await second.GetAsync("dep_1"));
    }

    [Fact]
    public async Task FolderOfAnEarlierRelease_IsTakenOver_AndItsPlainKeysAreGone()
    {
        var keys = Directory.CreateDirectory(Path.Combine(Folder, "keys"));
        var installation = RandomNumberGenerator.GetBytes(32);
        await File.WriteAllBytesAsync(Path.Combine(keys.FullName, "attempts.key"), installation);
        var protector = DataProtectionProvider.Create(keys, builder => builder.SetApplicationName("rouse")).CreateProtector("rouse", "alice", "dep_1", SecretKinds.HubToken);
        await using (var database = await Database.OpenAsync(Location))
        {
            await new SecretStore(database, TimeProvider.System).PutAsync(
                Tenant, "dep_1", new SealedSecret(SecretKinds.HubToken, "data-protection", protector.Protect("the old token"u8.ToArray())), CancellationToken.None);
        }

        Assert.Contains(keys.EnumerateFiles(), file => file.Extension == ".xml");
        for (var start = 0; start < 2; start++)
        {
            await using var bench = await OpenAsync(Folder, Location);
            Assert.Equal("the old token", await bench.GetAsync("dep_1"));
            Assert.Equal(installation, bench.Installation.Key);
            Assert.Equal(["master.key"], keys.EnumerateFiles().Select(file => file.Name));
        }
    }

    [Fact]
    public async Task WrongMasterKey_OrNone_IsToldAndMakesNothing()
    {
        var (right, wrong) = (NewKey(), NewKey());
        await using (var first = await OpenAsync(Folder, Location, right)) await first.PutAsync("dep_1", "the token");
        var refused = await Assert.ThrowsAsync<RouseHostException>(() => OpenAsync(Folder, Location, wrong));
        Assert.Contains("ROUSE_MASTER_KEY", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(wrong[..10], refused.ToString(), StringComparison.Ordinal);
        refused = await Assert.ThrowsAsync<RouseHostException>(() => OpenAsync(Folder, Location));
        Assert.Contains("master key that is not here", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(Folder, "keys")));

        await using var again = await OpenAsync(Folder, Location, right);
        Assert.Equal("the token", await again.GetAsync("dep_1"));
    }

    [Theory]
    [InlineData("short")]
    [InlineData("c2hvcnQ=")]
    public async Task MasterKeyThatIsNone_IsToldByItsVariable_WithoutItsValue(string text)
    {
        var refused = await Assert.ThrowsAsync<RouseHostException>(() => OpenAsync(Folder, Location, text));
        Assert.Contains("ROUSE_MASTER_KEY is not a master key", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(text, refused.ToString(), StringComparison.Ordinal);
    }

    [PostgresFact]
    public async Task Replicas_WithOneMasterKey_OpenEachOthersSecrets_AndNewKeysAtOnce()
    {
        var (location, master) = (await (await PostgresServer.SharedAsync()).CreateDatabaseAsync(), NewKey());
        await using var one = await OpenAsync(Path.Combine(_root, "one"), location, master);
        await using var two = await OpenAsync(Path.Combine(_root, "two"), location, master);
        await one.PutAsync("dep_1", "from one");
        Assert.Equal("from one", await two.GetAsync("dep_1"));
        Assert.Equal(one.Installation.Key, two.Installation.Key);

        Assert.True((await one.Rotation.StepAsync(100, CancellationToken.None)).IsOver);
        await one.PutAsync("dep_2", "with the new key");
        Assert.Equal("with the new key", await two.GetAsync("dep_2"));
        Assert.Equal("from one", await two.GetAsync("dep_1"));
        await Assert.ThrowsAsync<RouseHostException>(() => OpenAsync(Path.Combine(_root, "three"), location));
        await Assert.ThrowsAsync<RouseHostException>(() => OpenAsync(Path.Combine(_root, "four"), location, NewKey()));
    }

    private static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
}
