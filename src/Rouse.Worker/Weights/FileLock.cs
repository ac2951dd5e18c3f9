namespace Rouse.Worker.Weights;

/// <summary>
/// A lock between processes of one machine that ends with its holder, however that ends: an exclusive <c>flock</c>, which is what both .NET
/// (FileShare.None) and huggingface_hub take.
/// </summary>
internal static class FileLock
{
    /// <param name="waiting">Called once when somebody else holds it.</param>
    public static async Task<IDisposable> TakeAsync(string path, Action waiting, TimeSpan poll, TimeProvider time, CancellationToken ct)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path))
            {
                if (tries == 0) waiting();
            }

            await Task.Delay(poll, time, ct);
        }
    }
}
