namespace Rouse.Worker.Protocol;

/// <summary>A part of a streamed answer that is with nobody. The message begins with a stable word.</summary>
internal sealed class PartLostException(string message) : Exception(message);
