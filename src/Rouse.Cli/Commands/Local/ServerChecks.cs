using Rouse.Cli.Api;
using Rouse.Contracts;

namespace Rouse.Cli.Commands.Local;

/// <summary>Whether the server answers, is ready, knows us, and what it says of itself.</summary>
internal static class ServerChecks
{
    public static async Task<IReadOnlyList<DoctorCheck>> RunAsync(RouseClient api, CancellationToken ct)
    {
        if (!(await api.ServiceAsync(ct)).TryGet(out var service, out var failure)) return [Fail("server", failure)];
        List<DoctorCheck> checks = [new("server", "ok", $"{api.Server} {service.Service} {service.Version}")];
        checks.Add((await api.ReadinessAsync(ct)).TryGet(out _, out failure)
            ? new("readiness", "ok", "it takes requests")
            : Fail("readiness", failure));
        checks.Add((await api.ListAsync(ct)).TryGet(out var all, out failure)
            ? new("deployments", "ok", $"{all.Count(d => !PhaseWords.IsEnding(d.Status))} living")
            : Fail("deployments", failure));
        // A server without checks of its own is an older one, not a sick one.
        if ((await api.DoctorAsync(ct)).TryGet(out var report, out failure))
            checks.AddRange(report.Checks.Select(check => check with { Name = "server: " + check.Name }));
        else if (failure.Exit is not ExitCode.NotFound) checks.Add(Fail("server: checks", failure));
        return checks;
    }

    private static DoctorCheck Fail(string name, Failure failure) => new(name, "fail", failure.What, failure.Next);
}
