using Rouse.Core.Deployments;
using Rouse.Core.Ports;

namespace Rouse.Providers.Local;

/// <summary>
/// The environment of one worker, asked for each time one is started: no secret is ever on disk, and a pool found after a restart can start
/// workers again. Null: the deployment is gone, start nothing.
/// </summary>
public delegate ValueTask<IReadOnlyDictionary<string, EnvironmentValue>?> LocalEnvironment(BackendName backend, string worker, CancellationToken ct);

/// <summary>Takes one line a worker wrote to stdout or stderr. Must return at once.</summary>
public delegate void LocalLogSink(BackendName backend, string worker, string line);
