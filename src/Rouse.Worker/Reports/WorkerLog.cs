using System.Globalization;
using Rouse.Contracts.Secrecy;
using Rouse.Contracts.Workers;

namespace Rouse.Worker.Reports;

/// <summary>One line per entry on stdout, <c>timestamp LEVEL message</c>, and to whoever listens (the log tunnel).</summary>
internal sealed class WorkerLog(TextWriter output, TimeProvider time, SecretMask mask)
{
    /// <summary>Characters; longer entries are cut, so that one message cannot fill a report.</summary>
    public const int MaxMessageLength = 4_096;

    private readonly Lock _gate = new();

    public Action<WorkerLogLine>? Tunnel { get; set; }

    /// <summary>For words that leave the process by another way than the log.</summary>
    public string Mask(string text) => mask.Apply(text);

    public void Info(string message) => Write("INFO", message);

    public void Warning(string message) => Write("WARNING", message);

    public void Error(string message) => Write("ERROR", message);

    /// <summary>To stdout only.</summary>
    public void WarningHere(string message) => Write("WARNING", message, tunnelled: false);

    private void Write(string level, string message, bool tunnelled = true)
    {
        var text = LogText.OneLine(Mask(message));
        if (text.Length > MaxMessageLength) text = string.Concat(text.AsSpan(0, MaxMessageLength), "…");
        var now = time.GetUtcNow();
        lock (_gate)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{now:yyyy-MM-ddTHH:mm:ss.fffZ} {level} {text}"));
            output.Flush();
        }

        if (tunnelled) Tunnel?.Invoke(new WorkerLogLine(now, level, text));
    }
}
