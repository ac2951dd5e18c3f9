using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Rouse.Server.Secrets;

/// <summary>
/// Data Protection over the sealed ring, read anew when it must be: after a new key, and when a ciphertext names a key that another replica made. The
/// framework by itself looks once a day, and seals with what it knew while it looks.
/// </summary>
internal sealed class KeyRing(SealedKeyRing repository, ILoggerFactory logs, TimeProvider time) : IDataProtectionProvider
{
    /// <summary>The framework's own default. An old key goes on opening; only sealing passes to the next one.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(90);

    /// <summary>What ciphertexts begin with; the id of their key follows, 16 bytes.</summary>
    private const uint Magic = 0x09F0C9F0;

    private volatile Reading _reading = new(repository, logs);

    public static Guid? KeyOf(byte[] ciphertext) =>
        ciphertext.Length >= 20 && BinaryPrimitives.ReadUInt32BigEndian(ciphertext) == Magic ? new Guid(ciphertext.AsSpan(4, 16)) : null;

    /// <summary>A key that seals from now on.</summary>
    public IKey Renew()
    {
        var now = time.GetUtcNow();
        var key = _reading.Keys.CreateNewKey(now, now + Lifetime);
        Refresh();
        return key;
    }

    public IReadOnlyCollection<IKey> GetAllKeys() => _reading.Keys.GetAllKeys();

    public void Refresh() => _reading = new Reading(repository, logs);

    public IDataProtector CreateProtector(string purpose) => new Protector(this, [purpose]);

    /// <summary>The ring as it was once read.</summary>
    private sealed class Reading
    {
        public Reading(SealedKeyRing repository, ILoggerFactory logs)
        {
            var services = new ServiceCollection().AddSingleton(logs);
            services.Add(ServiceDescriptor.Singleton(typeof(ILogger<>), typeof(Logger<>)));
            services.AddDataProtection().SetApplicationName("rouse").SetDefaultKeyLifetime(Lifetime);
            services.AddSingleton<IConfigureOptions<KeyManagementOptions>>(new ConfigureOptions<KeyManagementOptions>(ring => ring.XmlRepository = repository));
            var provider = services.BuildServiceProvider();
            (Keys, Protection) = (provider.GetRequiredService<IKeyManager>(), provider.GetRequiredService<IDataProtectionProvider>());
        }

        public IKeyManager Keys { get; }

        public IDataProtectionProvider Protection { get; }
    }

    private sealed class Protector(KeyRing ring, string[] purposes) : IDataProtector
    {
        public IDataProtector CreateProtector(string purpose) => new Protector(ring, [.. purposes, purpose]);

        public byte[] Protect(byte[] plaintext) => Of(ring._reading).Protect(plaintext);

        public byte[] Unprotect(byte[] protectedData)
        {
            var reading = ring._reading;
            try
            {
                return Of(reading).Unprotect(protectedData);
            }
            catch (CryptographicException) when (KeyOf(protectedData) is { } key && reading.Keys.GetAllKeys().Any(known => known.KeyId == key))
            {
                // It is in the database, so another replica may have made it since we read.
                ring.Refresh();
                return Of(ring._reading).Unprotect(protectedData);
            }
        }

        private IDataProtector Of(Reading reading) => reading.Protection.CreateProtector(purposes);
    }
}
