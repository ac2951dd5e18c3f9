using Rouse.FakeRunpod;
using Rouse.FakeRunpod.Workers;
using Rouse.Server;

namespace Rouse.Cli.Commands.Local;

/// <summary>A Runpod on this machine for a server to use: its GPUs are processes, its bills are not paid.</summary>
internal static class FakeRunpodAccount
{
    /// <summary>Any name does: whatever the image, this program's own worker runs.</summary>
    private const string Image = "rouse/worker:on-this-machine";

    /// <param name="fillRandom">Ids must differ from those of the account that the data folder may remember from an earlier start.</param>
    public static Task<FakeRunpodServer> StartAsync(RouseHostOptions options, Action<byte[]> fillRandom, CancellationToken ct)
    {
        var seed = new byte[sizeof(int)];
        fillRandom(seed);
        var (executable, arguments) = WorkerProgram.Command(WorkerProgram.Locate(options.Worker));
        // As a volume would: one copy of the weights for all workers, and nothing outside the data folder.
        var machine = new Dictionary<string, string>(StringComparer.Ordinal) { ["ROUSE_MODEL_CACHE"] = Path.Combine(options.DataFolder, "cache") };
        if (Environment.GetEnvironmentVariable("ROUSE_ONNXRUNTIME") is { Length: > 0 } library) machine["ROUSE_ONNXRUNTIME"] = library;
        var workers = new ProcessWorkers(executable, arguments, options.Time) { Machine = machine };
        return FakeRunpodServer.StartAsync(new FakeRunpodOptions { Time = options.Time, Runner = workers, Seed = BitConverter.ToInt32(seed) }, ct);
    }

    public static RunpodHostOptions Options(FakeRunpodServer fake) => new()
    {
        ApiKey = FakeRunpodServer.Key, Image = Image, ApiUrl = fake.ManagementUrl, JobsUrl = fake.JobsUrl, PodUrl = fake.PodUrl, BalancerUrl = fake.BalancerUrl, WorkersRunHere = true,
    };
}
