using System.Runtime.CompilerServices;

namespace Rouse.Cli.Tests;

/// <summary>Output that is promised, kept in Goldens/. ROUSE_GOLDENS=write renews the files, to be read before they are committed.</summary>
internal static class Golden
{
    public static void Assert(string name, string actual, [CallerFilePath] string here = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(here)!, "Goldens", name);
        if (Environment.GetEnvironmentVariable("ROUSE_GOLDENS") is "write")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
        }

        Xunit.Assert.Equal(File.ReadAllText(path), actual);
    }
}
