using Microsoft.Extensions.Logging;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;

namespace Rouse.Providers.Local;

/// <summary>What others may ask of a pool.</summary>
internal enum Wish
{
    Run,
    Sleep,

    /// <summary>Ends the workers and removes every trace.</summary>
    Delete,

    /// <summary>The server ends; the pool's file stays for the next one.</summary>
    Leave,
}

/// <summary>What all pools of a provider share.</summary>
internal sealed record PoolContext(
    LocalOptions Options, IWorkQueue Queue, LocalEnvironment Environment, LocalLogSink Logs, TimeProvider Time, Func<string> NewId,
    OwnedProcesses Processes, ILogger Logger, Action<DeploymentId> Changed, Action<Pool> Over);
