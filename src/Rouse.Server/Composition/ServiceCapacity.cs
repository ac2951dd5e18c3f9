using Microsoft.Extensions.DependencyInjection;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Providers.External;
using Rouse.Providers.Runpod;
using Rouse.Store.Deployments;

namespace Rouse.Server.Composition;

/// <summary>What services run on that Rouse did not make: servers anywhere, and pods of their owners.</summary>
internal static class ServiceCapacity
{
    public static IEnumerable<IProvider> Create(IServiceProvider services, RouseHostOptions options, Installation installation)
    {
        var store = services.GetRequiredService<DeploymentStore>();
        yield return new ExternalServers(installation.Word, ClaimsAsync);
        if (options.Runpod is not { } settings) yield break;
        yield return new AttachedPods(services.GetRequiredService<RunpodClient>(), RunpodCapacity.Options(settings), options.Time, installation.Word, ClaimsAsync);

        async ValueTask<IReadOnlyList<ClaimedBackend>> ClaimsAsync(TenantId tenant, string provider, CancellationToken ct)
        {
            var owner = OwnerPrefix.For(installation.Word, tenant);
            return
            [
                .. (await store.ListBegunAsync(tenant, provider, ct)).Where(Holds)
                    .Select(row => new ClaimedBackend(new BackendName(owner, row.Id, row.Attempt), row.Spec.Service!, row.Spec.Account, row.CreatedAt)),
            ];
        }
    }

    /// <summary>It has its backend, or a create that may come to have it.</summary>
    private static bool Holds(DeploymentState row) => row.Spec.Service is not null && (row.Backend is not null || row.Outcome is AttemptOutcome.Pending or AttemptOutcome.Created);
}
