using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Gateway.Jobs;
using Rouse.Gateway.Routing;
using Rouse.Server.Auth;
using Rouse.Server.Background;
using Rouse.Server.Features.JobPlane;
using Rouse.Server.Secrets;
using Rouse.Server.Outputs;
using Rouse.Server.ServiceJobs;
using Rouse.Store.Deployments;
using Rouse.Store.Jobs;

namespace Rouse.Server.Composition;

/// <summary>The job plane's objects, and what it needs to know from the rest of the server.</summary>
internal static class JobServices
{
    public static void Add(IServiceCollection services, RouseHostOptions options)
    {
        services.AddSingleton(options.JobBounds ?? new JobLimits()).AddSingleton<JobStore>().AddSingleton<IJobStore>(provider => provider.GetRequiredService<JobStore>());
        services.AddSingleton<FillRandom>(RandomNumberGenerator.Fill);
        services.AddSingleton<JobPlane>().AddSingleton<IWorkQueue>(provider => provider.GetRequiredService<JobPlane>());
        services.AddSingleton<SeenWorkers>().AddSingleton<JobClock>().AddSingleton<JobEndings>();
        services.AddSingleton(provider => Access(
            provider.GetRequiredService<DeploymentDirectory>(), provider.GetRequiredService<AttemptTokens>(), provider.GetRequiredService<SecretCipher>()) with
        {
            ObservedWorkers = async (_, id, ct) => provider.GetRequiredService<SeenWorkers>() is var seen && seen.Knows(id)
                ? seen.Of(id, (await provider.GetRequiredService<IWorkQueue>().StateAsync(id, ct)).Running.Values.Sum())
                : null,
            ServiceOf = id => provider.GetRequiredService<RouteTable>().Find(id)?.Service,
            ExceededBy = (tenant, id, bytes, ct) => ExceededByAsync(provider, tenant, id, bytes, ct),
            Spill = (id, job, body, ct) => provider.GetRequiredService<ResultSpill>().KeepAsync(id, job, body, ct),
            CheckServiceInput = input => ServiceInput.TryParse(input, provider.GetRequiredService<JobLimits>().MaxDepth, out var wrong) is null ? wrong : null,
        });
    }

    private static async ValueTask<long?> ExceededByAsync(IServiceProvider services, TenantId tenant, DeploymentId id, long bytes, CancellationToken ct)
    {
        var providers = services.GetRequiredService<ReconcilePorts>().Providers;
        // Small ones, nearly all, are not worth a look at the row.
        if (!providers.Values.Any(provider => provider.Traits.MaxJobBytes < bytes) || await services.GetRequiredService<DeploymentStore>().LoadAsync(tenant, id, ct) is not { } row) return null;
        return providers.TryGetValue(row.Spec.Provider, out var own) && own.Traits.For(row.Spec) is { HasOwnQueue: true, MaxJobBytes: { } most } && most < bytes ? most : null;
    }

    private static JobPlaneAccess Access(DeploymentDirectory directory, AttemptTokens tokens, SecretCipher cipher) => new()
    {
        PhaseOf = async (tenant, id, ct) => await directory.FindAsync(id, ct) is { } located && located.Tenant == tenant ? located.Phase : null,
        IsWorkerOf = async (context, id, ct) => await directory.FindAsync(id, ct) is { } located && !located.Phase.IsEnded()
            && tokens.Matches(id, located.Attempt, context.Request.Headers.Authorization.ToString()),
        Seal = cipher.SealForJob,
        Open = cipher.OpenForJob,
    };
}
