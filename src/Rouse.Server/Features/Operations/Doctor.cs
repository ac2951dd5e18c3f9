using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Server.Auth;
using Rouse.Server.Background;
using Rouse.Server.Http;
using Rouse.Store;

namespace Rouse.Server.Features.Operations;

/// <summary><c>GET /v1/doctor</c>: is everything there that a deployment will need, and does anything of the caller's run that no row claims?</summary>
internal static class Doctor
{
    /// <summary>A small diffusion model has a few GiB; below this a download will likely fail.</summary>
    private const long LowDiskBytes = 5L << 30;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/doctor", HandleAsync)
        .WithName("getDoctor").WithSummary("Checks of this server, and orphans in the caller's name").WithTags("operations")
        .Produces<DoctorReport>().Refuses(ErrorCode.Unauthorized);

    private static async Task<IResult> HandleAsync(
        HttpContext context, SettingStore settings, DataFolder folder, RouseHostOptions options, Callers callers, ReconcilePorts ports, CancellationToken ct)
    {
        List<DoctorCheck> checks = [await StoreAsync(settings, options, ct), Worker(options), Disk(folder), Keys(callers)];
        foreach (var provider in ports.Providers.Values) checks.Add(await OrphansAsync(provider, CallerFilter.TenantOf(context), ports, ct));
        return Results.Json(new DoctorReport(Liveness.Version, checks), RouseJson.Default.DoctorReport);
    }

    private static async ValueTask<DoctorCheck> StoreAsync(SettingStore settings, RouseHostOptions options, CancellationToken ct)
    {
        var engine = options.Database is null ? "SQLite" : "PostgreSQL";
        try
        {
            await settings.GetAsync("installation", ct);
            return new DoctorCheck("store", "ok", $"{engine} answers.");
        }
        catch (Exception error) when (error is StorageException or System.Data.Common.DbException)
        {
            return new DoctorCheck("store", "fail", $"{engine} does not answer.", "The server's log says why.");
        }
    }

    private static DoctorCheck Worker(RouseHostOptions options)
    {
        var path = WorkerProgram.Locate(options.Worker);
        return File.Exists(path)
            ? new DoctorCheck("worker", "ok", "The worker program is there.")
            : new DoctorCheck("worker", "fail", "The worker program is missing: local deployments will be refused.", "Build the solution, or set ROUSE_WORKER to Rouse.Worker.dll.");
    }

    private static DoctorCheck Disk(DataFolder folder)
    {
        var free = new DriveInfo(folder.Root).AvailableFreeSpace;
        var text = string.Create(CultureInfo.InvariantCulture, $"{free / (double)(1L << 30):0.0} GiB free for weights and data.");
        return free >= LowDiskBytes ? new DoctorCheck("disk", "ok", text) : new DoctorCheck("disk", "warn", text, "Free some space, or start the server with --data on a larger disk.");
    }

    private static DoctorCheck Keys(Callers callers) => callers.DevelopmentMode
        ? new DoctorCheck("keys", "warn", "Development mode: everyone on this machine is the tenant 'local'.", "Set ROUSE_API_KEYS before others use this machine.")
        : new DoctorCheck("keys", "ok", "Callers need a key.");

    private static async ValueTask<DoctorCheck> OrphansAsync(IProvider provider, TenantId tenant, ReconcilePorts ports, CancellationToken ct)
    {
        var name = $"{provider.Traits.Kind} backends";
        try
        {
            var access = await ports.Access(new ProviderAccount(tenant, provider.Traits.Kind), ct);
            var owned = await provider.ListOwnedAsync(OwnerPrefix.For(ports.Installation, tenant), access, ct);
            List<string> orphans = [];
            foreach (var backend in owned)
            {
                var row = await ports.Store.LoadAsync(tenant, backend.Name.Deployment, ct);
                if (row is null || row.Phase.IsEnded() || row.Attempt != backend.Name.Attempt) orphans.Add(backend.Id.Value);
            }

            return orphans.Count == 0
                ? new DoctorCheck(name, "ok", $"{owned.Count} in your name, each claimed by a deployment.")
                : new DoctorCheck(name, "warn", $"{orphans.Count} that no deployment claims: {string.Join(", ", orphans.Take(10))}.", "They are being removed; look again in a minute.");
        }
        catch (ProviderException error)
        {
            return new DoctorCheck(name, "fail", $"Cannot be listed: {error.Message}", "The server's log says more.");
        }
    }
}
