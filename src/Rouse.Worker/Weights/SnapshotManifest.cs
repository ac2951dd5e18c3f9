namespace Rouse.Worker.Weights;

/// <summary>The files of a completed snapshot and their sizes.</summary>
internal sealed record SnapshotManifest(IReadOnlyDictionary<string, long> Files);
