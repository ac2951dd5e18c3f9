using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Server.Auth;
using Rouse.Server.Background;
using Rouse.Server.Http;
using Rouse.Server.Secrets;
using Rouse.Store;

namespace Rouse.Server.Features.Operations;

/// <summary><c>GET /v1/doctor</c>: is everything there that a deployment will need, and does anything of the caller's run that no row claims?</summary>
internal static class Doctor
{
    /// <summary>A small diffusion model has a few GiB; below this a download will likely fail.</summary>
    private const long LowDiskBytes = 5L << 30;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/doctor", HandleAsync).Needs(Scope.Read)
        .WithName("getDoctor").WithSummary("Orphans in the caller's name, and for the operator checks of this server").WithTags("operations")
        .Produces<DoctorReport>().Refuses(ErrorCode.Unauthorized);

    private static async Task<IResult> HandleAsync(
        HttpContext context, SettingStore settings, DataFolder folder, RouseHostOptions options, Callers callers, MasterKeys masters, EngineOffers engines, OperatorVariables operators, Orphans orphans, CancellationToken ct)
    {
        var caller = CallerFilter.CallerOf(context);
        // What the machine has is its operator's business.
        List<DoctorCheck> checks = caller.Scopes.Holds(Scope.Admin) ? [await StoreAsync(settings, options, ct), Worker(options), Engines(engines, operators), Disk(folder), Keys(callers), AtRest(masters)] : [];
        checks.AddRange((await orphans.LookAsync(caller.Tenant, ct)).Select(Backends));
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

    /// <summary>Of what workers are given besides, names only.</summary>
    private static DoctorCheck Engines(EngineOffers engines, OperatorVariables operators)
    {
        var offered = engines.Remote.Count == 0 ? $"Workers here run {WorkerEngines.Words(engines.Local)}." : $"Workers here run {WorkerEngines.Words(engines.Local)}, at a provider {WorkerEngines.Words(engines.Remote)}.";
        var names = operators.Local.Keys.Union(operators.Remote.Keys).Order(StringComparer.Ordinal).ToList();
        return new DoctorCheck("engines", "ok", names.Count == 0 ? offered : $"{offered} They are given {string.Join(", ", names)} besides.");
    }

    private static DoctorCheck AtRest(MasterKeys masters) => masters.Old is null
        ? new DoctorCheck("secrets", "ok", $"Sealed under master key {masters.Present.Id}, from {masters.Source}. Keep it elsewhere than the backups.")
        : new DoctorCheck(
            "secrets", "warn", $"Two master keys are known, {masters.Present.Id} and the one before, {masters.Old.Id}.", "Run `rouse secrets rotate`, then start without ROUSE_MASTER_KEY_OLD.");

    private static DoctorCheck Disk(DataFolder folder)
    {
        var free = new DriveInfo(folder.Root).AvailableFreeSpace;
        var text = string.Create(CultureInfo.InvariantCulture, $"{free / (double)(1L << 30):0.0} GiB free for weights and data.");
        return free >= LowDiskBytes ? new DoctorCheck("disk", "ok", text) : new DoctorCheck("disk", "warn", text, "Free some space, or start the server with --data on a larger disk.");
    }

    private static DoctorCheck Keys(Callers callers) => callers.DevelopmentMode
        ? new DoctorCheck("keys", "warn", "Development mode: everyone on this machine is the tenant 'local'.", "Set ROUSE_ADMIN_KEY before others use this machine.")
        : new DoctorCheck("keys", "ok", "Callers need a key.");

    private static DoctorCheck Backends(AccountLook look)
    {
        var name = $"{look.Account.Provider} backends";
        if (look.Fault is { } fault) return new DoctorCheck(name, "fail", $"Cannot be listed: {fault.Message}", "Nothing of them is removed before they can.");
        return look.Orphans.Count == 0
            ? new DoctorCheck(name, "ok", $"{look.Owned} in your name, each claimed by a deployment.")
            : new DoctorCheck(
                name, "warn", $"{look.Orphans.Count} that no deployment claims: {string.Join(", ", look.Orphans.Take(10).Select(orphan => $"{orphan.Backend.Id} ({orphan.Why})"))}.",
                "They are removed within minutes; `rouse cleanup` does it now.");
    }
}
