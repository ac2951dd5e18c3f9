using System.ComponentModel;
using System.Diagnostics;

namespace Rouse.Worker.Tests.Engines.Diffusers;

/// <summary>Skipped, saying so, where there is no python3, unless <c>ROUSE_REQUIRE_SERVERS=1</c>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PythonFactAttribute : FactAttribute
{
    private static readonly Lazy<bool> s_hasPython = new(LookForPython);

    internal static bool HasPython => s_hasPython.Value;

    public PythonFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("ROUSE_REQUIRE_SERVERS") != "1" && !s_hasPython.Value) Skip = "Needs python3, which is not installed.";
    }

    private static bool LookForPython()
    {
        try
        {
            using var python = Process.Start(new ProcessStartInfo("python3", ["--version"]) { UseShellExecute = false, RedirectStandardOutput = true })!;
            python.WaitForExit();
            return python.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
