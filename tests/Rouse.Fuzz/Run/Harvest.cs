using System.Text.Json;
using Rouse.Fuzz.Cases;
using Rouse.Fuzz.Document;
using Rouse.Fuzz.Wire;
using Rouse.Fuzz.World;

namespace Rouse.Fuzz.Run;

/// <summary>Takes the ids of what was made out of the answers, so that later cases use them: the state machine is the server's own.</summary>
internal sealed class Harvest(ApiDocument document, Pool pool)
{
    public void Take(ApiOperation operation, FuzzCase one, Reply reply)
    {
        if (operation.Id is "TakeJob" or "TakeJobBatch") TakeTaken(one, reply);
        if (one.Method != "POST" || one.Method != operation.Method || one.Caller != Caller.Owner || reply.Status is < 200 or >= 300 || reply.End != ReplyEnd.Whole) return;
        if (operation.Id == "testWebhook" && Id(reply) is { } delivery) pool.Add("deliveries", ("id", delivery), ("webhook", pool.Resolve(one.Path).Split('/')[3]));
        var isRun = operation.Path.EndsWith("/run", StringComparison.Ordinal) || operation.Path.EndsWith("/runsync", StringComparison.Ordinal);
        var kind = operation.Path.Split('/')[^1];
        if (!isRun && !document.Operations.Any(other => other.Path.StartsWith(operation.Path + "/{", StringComparison.Ordinal))) return;
        if (Id(reply) is not { } id) return;
        if (isRun) pool.Add("jobs", ("id", id), ("deployment", pool.Resolve(one.Path).Split('/')[2]));
        else pool.Add(kind, ("id", id));
    }

    /// <summary>A job that a case took as a worker is its to finish.</summary>
    private void TakeTaken(FuzzCase one, Reply reply)
    {
        if (reply.Status != 200 || one.Caller != Caller.Worker || !one.Path.Contains("{{served:", StringComparison.Ordinal)) return;
        var path = pool.Resolve(one.Path).Split('/');
        try
        {
            var body = JsonElement.Parse(reply.Text);
            foreach (var job in body.ValueKind == JsonValueKind.Array ? [.. body.EnumerateArray()] : new[] { body })
            {
                var worker = path[4].Split('&')[0];
                pool.Add("taken", ("id", job.GetProperty("id").GetString()!), ("deployment", path[2]), ("worker", worker), ("token", pool.Resolve(Sender.WorkerToken(one.Path))));
            }
        }
        catch (JsonException)
        {
            // Not whole; the checker has said so.
        }
    }

    private static string? Id(Reply reply)
    {
        try
        {
            var body = JsonElement.Parse(reply.Text);
            if (body.TryGetProperty("id", out var id)) return id.GetString();
            // What is shown once beside the object, such as a secret, puts the object itself one level down.
            foreach (var member in body.EnumerateObject())
            {
                if (member.Value.ValueKind == JsonValueKind.Object && member.Value.TryGetProperty("id", out var inner) && inner.ValueKind == JsonValueKind.String) return inner.GetString();
            }

            return body.EnumerateObject().FirstOrDefault(member => member.Name.EndsWith("_id", StringComparison.Ordinal) && member.Value.ValueKind == JsonValueKind.String).Value is { ValueKind: JsonValueKind.String } named
                ? named.GetString()
                : null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
