namespace Rouse.Worker.Engines.Inputs;

/// <summary>What came of a file that an input holds or names.</summary>
/// <param name="Content">Empty with a refusal.</param>
/// <param name="Refusal">Null where all went well.</param>
internal sealed record FetchedInput(ReadOnlyMemory<byte> Content, EngineResult.Refused? Refusal = null)
{
    public static FetchedInput Refused(string code, string message) => new(default, new EngineResult.Refused(code, message));
}
