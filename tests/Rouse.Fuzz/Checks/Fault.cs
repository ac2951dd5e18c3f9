namespace Rouse.Fuzz.Checks;

/// <summary>A promise that an answer breaks.</summary>
/// <param name="Kind">Which promise: the same for two cases that break it alike, so that one of them is shown.</param>
internal sealed record Fault(string Kind, string Detail);
