using Rouse.Worker.Engines;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Protocol;
using Rouse.Worker.Reports;

namespace Rouse.Worker.Outputs;

/// <summary>
/// Decides where a result goes: into the answer, into a store with a URL in the answer, or, where no store would take it in time, into a folder that the answer names. GPU time was
/// paid for it, so it is lost only where not even a disk takes it, and then the job fails and says so.
/// </summary>
/// <param name="uploader">Null where there is no store.</param>
internal sealed class OutputDesk(OutputSettings settings, Uploader? uploader, OutputFolder folder, WorkerLog log, Clock clock)
{
    /// <summary>Of an answer that is tried in the hope that the plane takes it, in bytes. Rouse's takes 100 MiB; what it is sent beyond that it does not read.</summary>
    public const int LargestAnswer = 64 << 20;

    /// <summary>Of a part of a streamed answer, in bytes: Runpod takes a megabyte, with what it is wrapped in.</summary>
    public const int LargestPart = 1_000_000 - 1_000;

    /// <summary>Files of one result that are sent at the same time: a batch's pictures, over one link.</summary>
    private const int AtOnce = 4;

    /// <param name="outcome">Passed on as it is where an engine had no part in it.</param>
    public async Task<JobOutcome> PlaceAsync(string job, JobOutcome outcome, CancellationToken ct)
    {
        if (Parcel.Of(job, outcome) is not { } parcel) return outcome;
        var asked = false;
        if (parcel.Size > settings.InlineBytes || (settings.ByUrl && outcome.Result is EngineResult.Made))
        {
            if (await StoreAsync(parcel, ct) is { } away) return away;
            asked = true;
        }

        if (parcel.Size > Math.Max(settings.InlineBytes, LargestAnswer)) return await KeepAsync(parcel, ct);
        return outcome with { Output = parcel.Inline(), Result = null, Elsewhere = async end => (asked ? null : await StoreAsync(parcel, end)) ?? await KeepAsync(parcel, end) };
    }

    /// <summary>One part of a streamed answer: planes leave out of a stream what is longer than they take, and say nothing of it.</summary>
    public async Task<ReadOnlyMemory<byte>> PartAsync(string job, ReadOnlyMemory<byte> part, CancellationToken ct)
    {
        if (part.Length <= LargestPart) return part;
        var parcel = Parcel.Of(job, new JobOutcome(null, null) { Result = new EngineResult.Completed(part) })!;
        var placed = await StoreAsync(parcel, ct) ?? await KeepAsync(parcel, ct);
        return placed.Output ?? part;
    }

    /// <returns>Null when no store has it.</returns>
    private async Task<JobOutcome?> StoreAsync(Parcel parcel, CancellationToken ct)
    {
        if (uploader is null) return null;
        var since = clock.Time.GetTimestamp();
        var things = parcel.Things;
        var bytes = things.DistinctBy(static thing => thing.Name).Sum(static thing => (long)thing.Content.Length);
        var words = new Dictionary<string, StoreWord>(StringComparer.Ordinal);
        // The same picture twice is one thing.
        await Parallel.ForEachAsync(things.DistinctBy(static thing => thing.Name), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct }, async (thing, end) =>
        {
            var word = await uploader.PutAsync(thing, since, bytes, end);
            lock (words) words[thing.Name] = word;
        });
        if (words.Values.FirstOrDefault(static word => word is not StoreWord.Has) is { } fault)
        {
            log.Warning($"The result of job {parcel.Job} could not be stored: {(fault as StoreWord.Refuses)?.Why ?? (fault as StoreWord.Later)?.Why}.");
            return null;
        }

        log.Info($"The result of job {parcel.Job} was stored ({words.Count} object(s), {bytes} bytes).");
        return parcel.Outcome([.. things.Select(thing => PlacedFile.At(thing, (StoreWord.Has)words[thing.Name]))]);
    }

    private async Task<JobOutcome> KeepAsync(Parcel parcel, CancellationToken ct)
    {
        try
        {
            List<PlacedFile> kept = [];
            foreach (var thing in parcel.Things) kept.Add(PlacedFile.In(thing, await folder.WriteAsync(thing, ct)));
            log.Warning($"The result of job {parcel.Job} lies in this worker's folder, as its answer says: there is no store that takes it.");
            return parcel.Outcome(kept);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            log.Error($"The result of job {parcel.Job} is lost: {fault.Message}");
            return JobOutcome.Failed(log.Mask(
                $"result_not_kept: The result does not fit into an answer, no object store took it, and the worker's disk did not either: {fault.Message} Give the worker a store ({Contracts.Workers.OutputVariables.StoreUrl}).")) with { IsStream = parcel.IsStream };
        }
    }
}
