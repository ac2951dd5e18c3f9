using System.Collections.Concurrent;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;

namespace Rouse.Server.Background;

/// <summary>
/// Which backends this process has seen run the image that it has for them, or told to. It tells each once: while servers are renewed one after the other, those before and after
/// have different images, and would change each other's back with every pass. The last to start is right.
/// </summary>
internal sealed class ImageWatch
{
    private readonly ConcurrentDictionary<DeploymentId, BackendId> _settled = new();

    /// <returns>The image to see to; null where there is nothing to do any more.</returns>
    public string? Wanted(DeploymentState row, IReadOnlyList<ObservedBackend> observed, ProviderTraits traits)
    {
        // Not what would be chosen today: rows from before engines were chosen do not say what their endpoint was made for.
        if (row.Backend is not { } backend || traits.ImageOf(row.Engine ?? row.Spec.Engine) is not { } image) return null;
        if (_settled.TryGetValue(row.Id, out var settled) && settled == backend) return null;
        if (observed.FirstOrDefault(one => one.Id == backend)?.Settings?.Image != image) return image;
        Settle(row.Id, backend);
        return null;
    }

    public void Settle(DeploymentId id, BackendId backend) => _settled[id] = backend;

    public void Forget(DeploymentId id) => _settled.TryRemove(id, out _);
}
