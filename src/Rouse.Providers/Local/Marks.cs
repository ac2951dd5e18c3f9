using System.Text;

namespace Rouse.Providers.Local;

/// <summary>Variables each worker process carries, so that it can be found whatever happened to the server that started it.</summary>
internal static class Marks
{
    public const string Owner = "ROUSE_OWNER";
    public const string Backend = "ROUSE_LOCAL_BACKEND";
    public const string Worker = "ROUSE_LOCAL_WORKER";
    public const string Generation = "ROUSE_LOCAL_GENERATION";

    /// <summary>The worker's own process number, set by the shell just before it becomes the worker; what the worker starts inherits it.</summary>
    public const string Pid = "ROUSE_LOCAL_PID";
    public const string Log = "ROUSE_LOCAL_LOG";

    /// <summary>The value of a variable in a process's environment: <c>NAME=value</c> entries, each ended by a zero byte.</summary>
    public static string? Value(ReadOnlySpan<byte> environ, string name)
    {
        while (!environ.IsEmpty)
        {
            var end = environ.IndexOf((byte)0);
            var entry = end < 0 ? environ : environ[..end];
            if (entry.Length > name.Length && entry[name.Length] == (byte)'=' && Ascii.Equals(entry[..name.Length], name))
            {
                return Encoding.UTF8.GetString(entry[(name.Length + 1)..]);
            }

            environ = end < 0 ? [] : environ[(end + 1)..];
        }

        return null;
    }
}
