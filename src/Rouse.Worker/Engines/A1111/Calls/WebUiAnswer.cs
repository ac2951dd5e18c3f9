namespace Rouse.Worker.Engines.A1111.Calls;

/// <summary>What came of one request to the WebUI.</summary>
internal abstract record WebUiAnswer
{
    private WebUiAnswer()
    {
    }

    internal sealed record Answered(int Status, ReadOnlyMemory<byte> Body) : WebUiAnswer
    {
        public override string Words => $"HTTP {Status}";
    }

    /// <summary>No connection came about: the WebUI knows nothing of the request.</summary>
    internal sealed record NotSent(string Why) : WebUiAnswer
    {
        public override string Words => Why;
    }

    /// <summary>The connection ended, or the time was over, before an answer came: the WebUI may be at work on it.</summary>
    internal sealed record Lost(string Why) : WebUiAnswer
    {
        public override string Words => Why;
    }

    internal sealed record TooLarge : WebUiAnswer
    {
        public override string Words => $"an answer of more than {WebUiClient.MaxAnswerBytes >> 20} MiB";
    }

    public bool IsOk => this is Answered { Status: 200 };

    public abstract string Words { get; }
}
