using Rouse.Worker.Engines;
using Rouse.Worker.Protocol;

namespace Rouse.Worker.Outputs;

/// <summary>A result, before it is decided where it goes: nothing of it has been copied or hashed yet.</summary>
/// <param name="Size">Of the answer with everything in it.</param>
/// <param name="Inline">Writes that answer.</param>
/// <param name="Elsewhere">Writes the answer that says where things lie.</param>
internal sealed record Parcel(string Job, bool IsStream, long Size, Func<ReadOnlyMemory<byte>> Inline, Lazy<IReadOnlyList<MadeThing>> Contents, Func<IReadOnlyList<PlacedFile>, ReadOnlyMemory<byte>> Elsewhere)
{
    public IReadOnlyList<MadeThing> Things => Contents.Value;

    /// <returns>Null where an engine had no part in it.</returns>
    public static Parcel? Of(string job, JobOutcome outcome) => outcome.Result switch
    {
        EngineResult.Made made => new Parcel(
            job, outcome.IsStream, OutputJson.SizeOf(made), () => OutputJson.Write(made),
            new(() => [.. made.Files.Select(static file => MadeThing.Of(file.MediaType, file.Content))]), placed => OutputJson.Write(made, placed)),
        // Its shape is the engine's own, so it is kept whole.
        EngineResult.Completed done => new Parcel(
            job, outcome.IsStream, done.Output.Length, () => done.Output, new(() => [MadeThing.Of("application/json", done.Output)]), static placed => OutputJson.WriteSpilled(placed[0])),
        _ => null,
    };

    public JobOutcome Outcome(IReadOnlyList<PlacedFile> placed) => new(Elsewhere(placed), Error: null, IsStream);
}
