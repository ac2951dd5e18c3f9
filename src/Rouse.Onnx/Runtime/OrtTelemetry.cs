using System.Runtime.InteropServices;

namespace Rouse.Onnx.Runtime;

/// <summary>
/// Microsoft's builds of the library report models and sessions to their maker unless told not to: on Windows, and since 1.29 elsewhere too
/// (microsoft/onnxruntime#27379). What a user runs is nobody else's business. Told before the library is loaded: later, it has spoken already.
/// </summary>
internal static class OrtTelemetry
{
    private const string Variable = "ORT_DISABLE_TELEMETRY";

    public static void TurnOff()
    {
        // The runtime keeps a copy of the environment on Unix; native code reads the process's own.
        if (OperatingSystem.IsWindows()) Environment.SetEnvironmentVariable(Variable, "1");
        else _ = SetVariable(Variable, "1", overwrite: 1);
    }

    [DllImport("libc", EntryPoint = "setenv", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int SetVariable(string name, string value, int overwrite);
}
