using System.Security.Cryptography;

namespace Rouse.Server.Secrets;

/// <summary>The installation's own 32 random bytes, in a file that only its user can read. Lost with the file: workers that run then are ended.</summary>
internal static class MasterKey
{
    public const int Bytes = 32;

    public static byte[] LoadOrCreate(string folder)
    {
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var path = Path.Combine(folder, "attempts.key");
        if (!File.Exists(path))
        {
            // Written aside and renamed, so that a crash never leaves half a key; Move without overwrite lets the first of two starts win.
            var aside = $"{path}.{Environment.ProcessId}";
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
            using (var file = new FileStream(aside, options))
            {
                file.Write(RandomNumberGenerator.GetBytes(Bytes));
                file.Flush(flushToDisk: true);
            }

            try
            {
                File.Move(aside, path);
            }
            catch (IOException) when (File.Exists(path))
            {
                File.Delete(aside);
            }
        }

        var key = File.ReadAllBytes(path);
        return key.Length == Bytes ? key : throw new InvalidDataException($"{path} does not hold {Bytes} bytes. Restore it from a backup, or delete it to end all running workers and start anew.");
    }
}
