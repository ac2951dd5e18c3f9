using Rouse.Core.Jobs;
using Rouse.Gateway.Admission;
using Rouse.Gateway.Jobs;
using Rouse.Gateway.Routing;
using Rouse.Gateway.Usage;
using Rouse.Server.Http;
using Rouse.Server.Spool;
using Rouse.Store.Jobs;

namespace Rouse.Server.ServiceJobs;

/// <summary>What <see cref="ServiceJobsLoop"/> works with.</summary>
internal sealed record ServiceJobPorts(
    JobPlane Plane, ServiceJobStore Store, RouteTable Routes, Doorkeeper Door, ServiceSender Sender, SpoolFolder Spool, UsageMeter Usage, OwnAddress Own, TimeProvider Time)
{
    /// <summary>This process as a worker of services: no other process has it at the same time.</summary>
    public required string Worker { get; init; }

    /// <summary>Told the backend that a request found unreachable (<c>Prober.Doubt</c>).</summary>
    public Action<string> Doubt { get; init; } = static _ => { };

    /// <summary>How often jobs that other replicas queued are looked for. This process's own need no looking.</summary>
    public TimeSpan Look { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Six in each lease of a job: a few may be late.</summary>
    public TimeSpan Ping => Plane.Limits.Lease / 6;

    public JobLimits Limits => Plane.Limits;
}
