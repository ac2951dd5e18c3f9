using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Rouse.Server.Secrets;
using Rouse.Store.Secrets;

namespace Rouse.Server.Composition;

/// <summary>What seals and opens secrets.</summary>
internal static class SecretServices
{
    public static void Add(IServiceCollection services, Installation installation)
    {
        services.AddSingleton(installation.Masters).AddSingleton<SealedKeyStore>().AddSingleton<SealedKeyRing>();
        services.AddSingleton<KeyRing>().AddSingleton<IDataProtectionProvider>(provider => provider.GetRequiredService<KeyRing>());
        services.AddSingleton<SecretCipher>().AddSingleton<SealedRows>().AddSingleton<Rotation>().AddSingleton<ServiceVariables>();
    }
}
