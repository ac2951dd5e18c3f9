using System.Text.Json;
using Rouse.Cli.Api;
using Rouse.Cli.Terminal;
using Rouse.Contracts.Jobs;

namespace Rouse.Cli.Commands.Jobs;

/// <summary>Runs a job and prints its partial results as they come.</summary>
internal sealed class JobStream(Session session)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    /// <param name="submitted">Told the job's id once it is known.</param>
    public async Task<ExitCode> RunAsync(string deployment, RunRequest request, Action<string> submitted, CancellationToken ct)
    {
        var reply = await session.Api.RunAsync(deployment, request, sync: false, ct);
        if (!reply.TryGet(out var job, out var failure)) return session.Fail(failure);
        submitted(job.Id);
        while (true)
        {
            var taken = await session.Api.ChunksAsync(deployment, job.Id, ct);
            if (!taken.TryGet(out var chunks, out failure)) return session.Fail(failure);
            foreach (var chunk in chunks.Stream) Print(chunk.Output);
            if (chunks.Status is "COMPLETED" or "FAILED" or "CANCELLED" or "TIMED_OUT") break;
            if (chunks.Stream.Count == 0) await Task.Delay(s_pause, session.Time, ct);
        }

        var ended = await session.Api.JobAsync(deployment, job.Id, ct);
        if (!ended.TryGet(out job, out failure)) return session.Fail(failure);
        session.Screen.Note(JobPages.Summary(job));
        return job.Status is "COMPLETED" ? ExitCode.Ok : session.Fail(JobPages.Failed(deployment, job));
    }

    private void Print(JsonElement chunk)
    {
        var isText = chunk.ValueKind is JsonValueKind.String && !session.Screen.IsJson;
        session.Screen.Result(isText ? chunk.GetString()! : JsonSerializer.Serialize(chunk, ClientJson.Line.JsonElement));
    }
}
