using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Gateway.Readiness;

namespace Rouse.Server.Background;

/// <summary>Somebody waits: the reconcile loop looks at once, and so does the prober.</summary>
internal sealed class BackendWaker(Func<ReconcileLoop> reconcile, Func<Prober> prober) : IBackendWaker
{
    public void Hint(TenantId tenant, DeploymentId deployment)
    {
        prober().Hurry(deployment);
        reconcile().Hint(tenant, deployment);
    }
}
