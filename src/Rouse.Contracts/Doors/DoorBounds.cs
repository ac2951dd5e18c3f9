namespace Rouse.Contracts.Doors;

/// <summary>What requests in the words of other programs may be.</summary>
public static class DoorBounds
{
    /// <summary>Pictures of one request: OpenAI's most.</summary>
    public const int MaxImages = 10;

    /// <summary>Pictures that Automatic1111 makes at once.</summary>
    public const int MaxBatch = 8;

    /// <summary>Characters of what names a deployment: a model's id with its revision is the longest.</summary>
    public const int MaxModel = 400;

    /// <summary>Bytes of a body: prompts are short, and scripts' arguments, which are passed over, may be long.</summary>
    public const int MaxBody = 1024 * 1024;
}
