using System.Diagnostics;

namespace Rouse.Worker.Tests.Support;

internal static class Processes
{
    /// <summary>Until no process has this number: one that is dead and not yet reaped counts as gone.</summary>
    public static Task GoneAsync(string process) => Deadline.UntilAsync(() =>
    {
        try
        {
            var text = File.ReadAllText($"/proc/{process}/stat");
            return text[(text.LastIndexOf(')') + 2)..][0] is 'Z' or 'X';
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    });
}

/// <summary>A named pipe: who opens it to read waits until somebody writes.</summary>
internal static class Fifo
{
    public static async Task MakeAsync(string path)
    {
        using var made = Process.Start("mkfifo", [path]);
        await made.WaitForExitAsync().InTimeAsync();
    }
}
