using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Gateway.Jobs;
using Rouse.Server.Auth;
using Rouse.Server.Background;
using Rouse.Server.Features.JobPlane;
using Rouse.Server.Http;
using Rouse.Store;
using Rouse.Store.Jobs;

namespace Rouse.Bench;

/// <summary>
/// The product's job plane with its guard, keys and attempt tokens on a SQLite file, for a deployment that needs no workers of its own. Prints its
/// base URL, serves until it is killed.
/// </summary>
internal static class JobServer
{
    public static readonly DeploymentId Deployment = DeploymentId.FromRandom(new byte[16]);
    public const string Key = "the-key-of-the-bench";
    private static readonly AttemptTokens s_tokens = new(new byte[32]);

    public static string WorkerToken => s_tokens.For(Deployment, 1).Reveal(SecretPurpose.WorkerEnvironment);

    public static async Task<int> RunAsync(string folder)
    {
        await using var database = await Database.OpenAsync("sqlite:" + Path.Combine(folder, "rouse.db"));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var services = builder.Services;
        services.AddSingleton(database).AddSingleton(TimeProvider.System).AddSingleton(new JobLimits());
        services.AddSingleton<IJobStore, JobStore>().AddSingleton<FillRandom>(RandomNumberGenerator.Fill).AddSingleton<JobPlane>();
        services.AddSingleton(new Callers(ApiKeys.Parse(Key))).AddHostedService<JobClock>();
        services.AddSingleton(new JobPlaneAccess
        {
            PhaseOf = static (_, _, _) => ValueTask.FromResult<Phase?>(Phase.Ready),
            IsWorkerOf = static (context, id, _) => ValueTask.FromResult(s_tokens.Matches(id, 1, context.Request.Headers.Authorization.ToString())),
            Seal = static clear => clear,
            Open = static hidden => hidden,
        });
        await using var app = builder.Build();
        app.UseEdgeGuard();
        app.MapJobPlane();
        await app.StartAsync();
        Console.WriteLine(app.Urls.Single());
        await app.WaitForShutdownAsync();
        return 0;
    }
}
