namespace Rouse.Server;

/// <summary>The server's folder on disk, held by one server at a time.</summary>
/// <remarks>
/// <code>
/// rouse.lock   held while a server runs      keys/   master key, unless given     cache/   weights, laid out like the hub's own cache; tenants/ in it: of one tenant each
/// rouse.db     SQLite                        local/  pools of local workers and their logs
/// </code>
/// </remarks>
internal sealed class DataFolder : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    public const string DatabaseName = "rouse.db";

    private readonly FileStream _lock;

    private DataFolder(string root, FileStream held) => (Root, _lock) = (root, held);

    public string Root { get; }

    public string Database => Path.Combine(Root, DatabaseName);

    public string Keys => Path.Combine(Root, "keys");

    public string Cache => Path.Combine(Root, "cache");

    /// <exception cref="RouseHostException">Another server holds the folder, or it cannot be made.</exception>
    public static DataFolder Open(string path)
    {
        var root = Path.GetFullPath(path);
        try
        {
            Directory.CreateDirectory(root, Private);
            var held = new FileStream(Path.Combine(root, "rouse.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            Directory.CreateDirectory(Path.Combine(root, "keys"), Private);
            Directory.CreateDirectory(Path.Combine(root, "cache"));
            return new DataFolder(root, held);
        }
        catch (IOException) when (File.Exists(Path.Combine(root, "rouse.lock")))
        {
            throw new RouseHostException($"Another Rouse server uses {root}. Stop it, or give this one its own --data folder.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RouseHostException($"The data folder {root} cannot be used: {error.Message}", error);
        }
    }

    public void Dispose() => _lock.Dispose();
}

/// <summary>The server cannot start as told; the message says why and what to do.</summary>
public sealed class RouseHostException(string message, Exception? inner = null) : Exception(message, inner);
