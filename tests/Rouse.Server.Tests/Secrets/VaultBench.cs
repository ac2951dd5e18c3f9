using Microsoft.Extensions.DependencyInjection;
using Rouse.Core.Tenancy;
using Rouse.Server.Composition;
using Rouse.Server.Secrets;
using Rouse.Store;
using Rouse.Store.Secrets;
using Secret = Rouse.Core.Tenancy.Secret;

namespace Rouse.Server.Tests.Secrets;

/// <summary>One replica as far as its secrets go: its own data folder, its own connections, the ring of the database.</summary>
internal sealed class VaultBench : IAsyncDisposable
{
    public static readonly TenantId Tenant = TenantId.Parse("alice");

    private readonly ServiceProvider _services;
    private readonly DataFolder _folder;

    private VaultBench(ServiceProvider services, DataFolder folder, Database database, Installation installation) =>
        (_services, _folder, Database, Installation) = (services, folder, database, installation);

    public Database Database { get; }

    public Installation Installation { get; }

    public SecretCipher Cipher => _services.GetRequiredService<SecretCipher>();

    public Rotation Rotation => _services.GetRequiredService<Rotation>();

    public KeyRing Ring => _services.GetRequiredService<KeyRing>();

    public SecretStore Secrets => _services.GetRequiredService<SecretStore>();

    public SealedKeyStore Keys => _services.GetRequiredService<SealedKeyStore>();

    /// <param name="location">Of a database that is there or not yet.</param>
    public static async Task<VaultBench> OpenAsync(string folder, string location, string? master = null, string? old = null, TimeProvider? time = null)
    {
        var options = new RouseHostOptions
        {
            DataFolder = folder, MasterKey = master is null ? null : new Secret(master), OldMasterKey = old is null ? null : new Secret(old), Time = time ?? TimeProvider.System,
        };
        var held = DataFolder.Open(folder);
        Database? database = null;
        try
        {
            database = await Database.OpenAsync(location);
            var installation = await Installation.LoadAsync(database, options, held, CancellationToken.None);
            var services = new ServiceCollection().AddLogging();
            services.AddSingleton(options.Time).AddSingleton(database).AddSingleton<SecretStore>().AddSingleton<SettingStore>();
            SecretServices.Add(services, installation);
            return new VaultBench(services.BuildServiceProvider(), held, database, installation);
        }
        catch
        {
            if (database is not null) await database.DisposeAsync();
            held.Dispose();
            throw;
        }
    }

    public async Task PutAsync(string owner, string value) => await Secrets.PutAsync(Tenant, owner, Cipher.Seal(Tenant, owner, SecretKinds.HubToken, new Secret(value)), CancellationToken.None);

    public async Task<string> GetAsync(string owner)
    {
        var found = await Secrets.GetAsync(Tenant, owner, SecretKinds.HubToken, CancellationToken.None);
        return Cipher.Open(Tenant, owner, found!).Reveal(SecretPurpose.WorkerEnvironment);
    }

    public async Task<string> KeyOfAsync(string owner) => (await Secrets.GetAsync(Tenant, owner, SecretKinds.HubToken, CancellationToken.None))!.KeyId;

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await Database.DisposeAsync();
        _folder.Dispose();
    }
}
