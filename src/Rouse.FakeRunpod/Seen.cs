using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Pods;
using Rouse.FakeRunpod.Serverless;

namespace Rouse.FakeRunpod;

/// <summary>An endpoint that is there, whatever lists say.</summary>
/// <param name="Settings">A copy of what responses show.</param>
public sealed record SeenEndpoint(string Id, string Name, int WorkersMin, int WorkersMax, JsonObject Settings);

/// <param name="Pool">Null while it waits for a place.</param>
/// <param name="IsRunning">Whether its container runs, which is what costs.</param>
public sealed record SeenWorker(string Id, WorkerState State, string? Pool, bool IsRunning);

/// <inheritdoc cref="SeenEndpoint"/>
public sealed record SeenPod(string Id, string Name, PodState State, JsonObject Settings);
