using Microsoft.Extensions.DependencyInjection;
using Rouse.Server.Background;
using Rouse.Server.Firestore;
using Rouse.Server.Google;
using Rouse.Store;
using Rouse.Store.Events;
using Rouse.Store.Ownership;

namespace Rouse.Server.Composition;

/// <summary>The mirror in Firestore; nothing where none is wanted.</summary>
internal static class FirestoreServices
{
    public static void Add(IServiceCollection services, RouseHostOptions options)
    {
        if (options.Firestore is not { } firestore) return;
        services.AddSingleton(firestore).AddSingleton<MirrorStore>().AddSingleton<FirestoreDocuments>();
        var http = Http();
        services.AddSingleton(new FirestoreClient(firestore, http, new MetadataServer(http, firestore.Metadata, options.Time).TokenAsync, options.Time));
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<FirestoreMirror>(
            provider, new LeaseStore(provider.GetRequiredService<Database>(), options.Time), provider.GetRequiredService<ReconcilePorts>().Owner));
    }

    // The address is the operator's, not a caller's.
    private static HttpMessageInvoker Http() => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) });
}
