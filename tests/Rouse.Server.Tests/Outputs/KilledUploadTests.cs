using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Rouse.Contracts.Workers;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Onnx.Samples.TinyDiffusion;
using Rouse.Server.Auth;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Outputs;

/// <summary>The worker's own program, killed while it sends what it made to a server that has not noticed yet.</summary>
public sealed class KilledUploadTests : IDisposable
{
    private readonly string _model = Directory.CreateTempSubdirectory("rouse-killed-").FullName;

    private readonly ConcurrentQueue<string?> _said = new();

    [Fact]
    public async Task AWorkerKilledInTheMiddleOfAnUpload_LosesNothing_LeavesNothingHalf_AndNothingForEver()
    {
        TinyDiffusionModel.Write(_model, seed: 1);
        await using var world = await OutputWorld.StartAsync(static options => options with
        {
            JobBounds = new JobLimits { Lease = TimeSpan.FromSeconds(2), PollHold = TimeSpan.FromSeconds(1) },
        });
        await world.BeginAttemptAsync();
        await using var way = new StallingWay(world.Server.Http.BaseAddress!);
        var (_, asked) = await world.Server.SendAsync(
            HttpMethod.Post, $"/v2/{world.Deployment}/run", """{"input":{"prompt":"hills","num_inference_steps":1,"width":256,"height":256,"seed":1}}""", OutputWorld.AsAlice);
        var status = $"/v2/{world.Deployment}/status/{asked.GetProperty("id").GetString()}";
        var folder = Path.Combine(world.Server.Folder, "data", "outputs");

        string name;
        using (var killed = Start(world, way.Url, "w1"))
        {
            name = (await way.Stalled.Task.WaitAsync(Eventually.Deadline)).Split(' ')[1].Split('/', '?')[^2];
            await Eventually.TrueAsync(() => Directory.EnumerateFiles(folder).Any(static file => file.EndsWith(".partial", StringComparison.Ordinal)));
            killed.Kill();
            await killed.WaitForExitAsync();
        }

        Assert.Equal(404, (await world.Server.SendAsync(HttpMethod.Get, $"/v1/deployments/{world.Deployment}/outputs/{name}", headers: OutputWorld.AsAlice)).Status);
        JsonElement job = default;
        using (var next = Start(world, world.Server.Http.BaseAddress!, "w2"))
        {
            await Eventually.TrueAsync(async () => (job = (await world.Server.SendAsync(HttpMethod.Get, status, headers: OutputWorld.AsAlice)).Body).GetProperty("status").GetString() is "COMPLETED" or "FAILED");
            next.Kill();
            await next.WaitForExitAsync();
        }

        Assert.True(job.GetProperty("status").GetString() == "COMPLETED", $"{job}\n{string.Join('\n', _said)}");
        Assert.Equal(1, job.GetProperty("retries").GetInt32());
        var picture = await world.Server.Http.GetByteArrayAsync(new Uri(job.GetProperty("output").GetProperty("image_url").GetString()!));
        Assert.Equal(name, $"{Convert.ToHexStringLower(SHA256.HashData(picture))}.png");
        // The server hangs up on what says nothing any more.
        await Eventually.TrueAsync(() => Directory.EnumerateFiles(folder).Select(Path.GetFileName).SequenceEqual([$"{world.Deployment}.{name}"]));
    }

    public void Dispose() => Directory.Delete(_model, recursive: true);

    /// <summary>As somebody does who runs workers of a deployment on machines of his own.</summary>
    private Process Start(OutputWorld world, Uri url, string worker)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { UseShellExecute = false, RedirectStandardOutput = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "worker", "Rouse.Worker.dll"));
        var id = DeploymentId.Parse(world.Deployment);
        var jobs = new Uri(url, $"v2/{id}/");
        var environment = start.Environment;
        environment[WorkerVariables.ControlUrl] = url.ToString().TrimEnd('/');
        environment[WorkerVariables.DeploymentId] = id.Value;
        environment[WorkerVariables.Attempt] = world.Attempt.ToString(CultureInfo.InvariantCulture);
        environment[WorkerVariables.CallbackSecret] = world.Server.Host.Services.GetRequiredService<CallbackSecrets>().For(id, world.Attempt).Reveal();
        environment[WorkerVariables.AttemptToken] = world.Server.Host.Services.GetRequiredService<AttemptTokens>().For(id, world.Attempt).Reveal(Core.Tenancy.SecretPurpose.WorkerEnvironment);
        environment[WorkerVariables.ModelPath] = _model;
        environment[OutputVariables.Mode] = "store";
        environment[RunpodVariables.PodId] = worker;
        environment[RunpodVariables.PingInterval] = "500";
        environment[RunpodVariables.GetJob] = $"{jobs}job-take/$ID?gpu=cpu";
        environment[RunpodVariables.PostOutput] = $"{jobs}job-done/$RUNPOD_POD_ID/$ID?gpu=cpu";
        environment[RunpodVariables.Ping] = $"{jobs}ping/$RUNPOD_POD_ID?gpu=cpu";
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => _said.Enqueue(line.Data);
        process.BeginOutputReadLine();
        return process;
    }
}
