using Rouse.Core.Ports;

namespace Rouse.Chaos.Server;

/// <summary>The real way to the provider's queue, with a crash point around each of its calls.</summary>
internal sealed class CrashingRelay(IJobRelay relay, CrashPoint crash) : IJobRelay
{
    public ValueTask<ProviderJobId> SubmitAsync(BackendId backend, HandedJob job, ProviderAccess access, CancellationToken ct) =>
        crash.AroundAsync("relay.submit", () => relay.SubmitAsync(backend, job, access, ct));

    public ValueTask<JobSighting?> LookAsync(BackendId backend, ProviderJobId job, ProviderAccess access, CancellationToken ct) =>
        crash.AroundAsync("relay.look", () => relay.LookAsync(backend, job, access, ct));

    public ValueTask CancelAsync(BackendId backend, ProviderJobId job, ProviderAccess access, CancellationToken ct) =>
        crash.AroundAsync("relay.cancel", () => relay.CancelAsync(backend, job, access, ct));
}
