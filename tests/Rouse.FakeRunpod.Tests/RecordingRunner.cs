using System.Collections.Concurrent;
using Rouse.FakeRunpod.Workers;
using Rouse.TestKit.Jobs;

namespace Rouse.FakeRunpod.Tests;

/// <summary>Containers that do nothing by themselves: a test plays the worker.</summary>
internal sealed class RecordingRunner : IWorkerRunner
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<int>> _running = new(StringComparer.Ordinal);

    public ConcurrentQueue<ContainerLaunch> Launches { get; } = new();

    public IRunningWorker Start(ContainerLaunch launch)
    {
        Launches.Enqueue(launch);
        return new Container(_running[launch.Id] = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously));
    }

    public void Exit(string id, int code) => _running[id].TrySetResult(code);

    /// <summary>Speaks as the container of a launch would.</summary>
    public static FakeWorker Worker(HttpClient http, ContainerLaunch launch) =>
        new(http, launch.EndpointId!, launch.Id, launch.Environment["RUNPOD_AI_API_KEY"]);

    private sealed class Container(TaskCompletionSource<int> ended) : IRunningWorker
    {
        public Task<int> Ended => ended.Task;

        public Task StopAsync(TimeSpan grace)
        {
            ended.TrySetResult(0);
            return Task.CompletedTask;
        }
    }
}
