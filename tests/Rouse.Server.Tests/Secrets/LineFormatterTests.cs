using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Rouse.Server.Composition;

namespace Rouse.Server.Tests.Secrets;

/// <summary>What others said cannot forge a log entry or command a terminal.</summary>
public sealed class LineFormatterTests
{
    [Theory]
    [InlineData("a\r\n12:00:00.000 info: Rouse[1] forged")]
    [InlineData("a\nb\rc\u0085d\u2028e\u2029f\vg\fh")]
    [InlineData("\u001b[2J\u001b]0;title\u0007\u009b31m\u0000\u007f\u202e")]
    public void Entry_WhateverIsSaidInIt_IsOneLineOfNoCommands(string said)
    {
        var error = new InvalidOperationException(said);
        var written = new StringWriter();
        var entry = new LogEntry<string>(LogLevel.Error, "Rouse.Test", new EventId(7), said, error, (state, _) => $"It said {state}.");
        new LineFormatter(TimeProvider.System, isColored: false).Write(entry, null, written);
        var text = written.ToString();
        Assert.EndsWith(Environment.NewLine, text, StringComparison.Ordinal);
        var line = text[..^Environment.NewLine.Length];
        Assert.DoesNotContain(line, char.IsControl);
        Assert.DoesNotContain(line, character => character is '\u2028' or '\u2029' or '\u202e');
        Assert.Matches(@"^\d\d:\d\d:\d\d\.\d{3} fail: Rouse\.Test\[7\] It said ", line);
    }

    [Fact]
    public void Text_OfAnyLanguage_StaysAsItIs()
    {
        var line = new StringBuilder();
        LineFormatter.AppendInOneLine(line, "Größe 1 GiB, İstanbul, 模型, 🚀");
        Assert.Equal("Größe 1 GiB, İstanbul, 模型, 🚀", line.ToString());
    }
}
