using Rouse.Core.Ports;

namespace Rouse.Server.Metrics;

/// <summary>A relay whose faults are counted; it changes nothing else.</summary>
/// <param name="provider">The kind of provider whose queue it is.</param>
internal sealed class CountedRelay(IJobRelay inner, string provider, ProviderFigures figures) : IJobRelay
{
    public ValueTask<ProviderJobId> SubmitAsync(BackendId backend, HandedJob job, ProviderAccess access, CancellationToken ct) =>
        figures.CountAsync(provider, () => inner.SubmitAsync(backend, job, access, ct));

    public ValueTask<JobSighting?> LookAsync(BackendId backend, ProviderJobId job, ProviderAccess access, CancellationToken ct) =>
        figures.CountAsync(provider, () => inner.LookAsync(backend, job, access, ct));

    public ValueTask CancelAsync(BackendId backend, ProviderJobId job, ProviderAccess access, CancellationToken ct) =>
        figures.CountAsync(provider, () => inner.CancelAsync(backend, job, access, ct));
}
