using System.Globalization;
using System.Text.Json;
using Rouse.Cli.Api;
using Rouse.Cli.Terminal;
using Rouse.Contracts.Jobs;

namespace Rouse.Cli.Commands.Jobs;

/// <summary>Jobs as people and programs see them.</summary>
internal static class JobPages
{
    /// <summary>A job as it stands; one that failed ends the command with 1.</summary>
    public static ExitCode Show(Screen screen, string deployment, JobView job)
    {
        if (screen.Quiet) screen.Result(job.Id);
        else if (screen.IsJson) screen.ResultJson(job, ClientJson.Jobs.JobView);
        else
        {
            screen.Result(Summary(job));
            if (job.Output is { } output && JobRunner.HasEnded(job)) screen.Result(JobImages.WithoutImages(output));
        }

        return job.Status is "FAILED" or "TIMED_OUT" ? screen.Fail(Failed(deployment, job)) : ExitCode.Ok;
    }

    public static string Summary(JobView job)
    {
        var parts = new List<string> { job.Id, job.Status };
        if (job.DelayTime is { } delay) parts.Add(string.Create(CultureInfo.InvariantCulture, $"delay {delay} ms"));
        if (job.ExecutionTime is { } execution) parts.Add(string.Create(CultureInfo.InvariantCulture, $"execution {execution} ms"));
        if (job.Retries is > 0 and var retries) parts.Add(string.Create(CultureInfo.InvariantCulture, $"retries {retries}"));
        return string.Join("   ", parts);
    }

    public static Failure Failed(string deployment, JobView job) => new(
        ExitCode.Failed, job.Status, $"job {job.Id} ended {job.Status}{(job.Error is { } error ? ": " + Message(error) : "")}",
        $"`rouse logs {deployment}` shows what the worker said");

    /// <summary>Writes the pictures of a job that completed, and tells where.</summary>
    public static async Task<ExitCode> SaveAsync(Session session, string deployment, JobView job, string file, CancellationToken ct)
    {
        if (!(await JobPictures.ReadAsync(job.Output, ct)).TryGet(out var images, out var failure)) return session.Fail(failure);
        if (images.Length == 0)
        {
            Show(session.Screen, deployment, job);
            return session.Fail(new Failure(ExitCode.Failed, "NO_IMAGE", "the result holds no picture", "leave out -o to see what it holds"));
        }

        var path = session.Host.ResolvePath(file);
        List<string> files = [];
        try
        {
            foreach (var image in images)
            {
                files.Add(JobImages.PathOf(path, files.Count));
                File.WriteAllBytes(files[^1], image);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var next = $"the result is kept: rouse job status {deployment} {job.Id} -o json";
            return session.Fail(new Failure(ExitCode.Failed, "CANNOT_WRITE", $"cannot write the picture: {e.Message}", next));
        }

        ShowSaved(session.Screen, job, files, images);
        return ExitCode.Ok;
    }

    private static void ShowSaved(Screen screen, JobView job, List<string> files, IReadOnlyList<byte[]> images)
    {
        if (screen.IsJson)
        {
            using var output = JsonDocument.Parse(JobImages.WithoutImages(job.Output!.Value));
            var told = new ToldRun(job.Id, job.Status, job.DelayTime, job.ExecutionTime, job.WorkerId, files, output.RootElement);
            screen.ResultJson(told, ClientJson.Told.ToldRun);
            return;
        }

        screen.Note(Summary(job));
        for (var i = 0; i < files.Count; i++) screen.Result(screen.Quiet ? files[i] : $"{files[i]}   {Measures.Bytes(images[i].Length)}");
    }

    /// <summary>Workers of Runpod's kind put their error as JSON into a string; its message is what a person wants.</summary>
    private static string Message(string error)
    {
        try
        {
            using var document = JsonDocument.Parse(error);
            return document.RootElement.ValueKind is JsonValueKind.Object && document.RootElement.TryGetProperty("error_message", out var message)
                ? message.GetString() ?? error
                : error;
        }
        catch (JsonException)
        {
            return error;
        }
    }
}
