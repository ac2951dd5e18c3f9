namespace Rouse.Worker.Weights;

/// <summary>
/// A lock between processes of one machine that ends with its holder, however that ends: an exclusive <c>flock</c>, which is what both .NET
/// (FileShare.None) and huggingface_hub take.
/// </summary>
internal static class FileLock
{
    // What .NET puts into HResult where somebody else holds it: EAGAIN of Linux and of macOS, ERROR_SHARING_VIOLATION of Windows.
    private const int HeldOnLinux = 11;
    private const int HeldOnMac = 35;
    private const int HeldOnWindows = unchecked((int)0x80070020);

    /// <param name="waiting">Called once when somebody else holds it.</param>
    public static async Task<IDisposable> TakeAsync(string path, Action waiting, TimeSpan poll, TimeProvider time, CancellationToken ct)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException fault) when (fault.HResult is HeldOnLinux or HeldOnMac or HeldOnWindows)
            {
                if (tries == 0) waiting();
            }

            await Task.Delay(poll, time, ct);
        }
    }
}
