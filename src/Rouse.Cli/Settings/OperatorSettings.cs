using Rouse.Server;

namespace Rouse.Cli.Settings;

/// <summary>
/// The variables a server is set up with. A value may be a reference, <c>sm://…</c> or <c>file:///…</c>, and is then read where it points; what cannot be
/// read stops the start, so that no reference is ever taken for the secret itself.
/// </summary>
/// <param name="ct">Ends when the user interrupts.</param>
internal sealed class OperatorSettings(CliHost host, CancellationToken ct) : IDisposable
{
    private const string FileScheme = "file://";

    /// <summary>A secret is a line or two; a longer file is another file.</summary>
    private const int MaxFileBytes = 64 * 1024;

    private readonly Dictionary<string, string> _read = new(StringComparer.Ordinal);
    private readonly Lazy<SecretManager> _manager = new(() => new SecretManager(host));

    /// <summary>The variable's value, read where it points.</summary>
    /// <exception cref="RouseHostException">It could not be read; names the variable.</exception>
    public string? Variable(string name)
    {
        if (host.Variable(name) is not { } value) return null;
        var isManaged = value.TrimStart().StartsWith(SecretReference.Scheme, StringComparison.OrdinalIgnoreCase);
        if (!isManaged && !value.StartsWith(FileScheme, StringComparison.OrdinalIgnoreCase)) return value;
        if (_read.TryGetValue(name, out var known)) return known;
        var secret = (isManaged ? FromManager(name, value) : FromFile(name, value)).TrimEnd('\r', '\n');
        if (secret.Length == 0) throw new RouseHostException($"{name} points to {value}, and that is empty.");
        if (secret.StartsWith(SecretReference.Scheme, StringComparison.OrdinalIgnoreCase)) throw new RouseHostException($"{name} points to {value}, and that is a reference again.");
        return _read[name] = secret;
    }

    public void Dispose()
    {
        if (_manager.IsValueCreated) _manager.Value.Dispose();
    }

    private string FromManager(string name, string value)
    {
        if (SecretReference.TryParse(value) is not { } reference)
        {
            throw new RouseHostException($"{name} is {value}, which names no secret. Write sm://NAME, sm://NAME/VERSION or sm://projects/PROJECT/secrets/NAME/versions/VERSION.");
        }

        try
        {
            // Only while the server starts: nothing else runs yet, and whoever reads a setting needs it.
            return _manager.Value.ReadAsync(reference, ct).GetAwaiter().GetResult();
        }
        catch (SecretUnavailableException error)
        {
            throw new RouseHostException($"{name} is {value}, and that secret cannot be read: {error.Message}", error);
        }
    }

    private static string FromFile(string name, string value)
    {
        try
        {
            var path = new Uri(value).LocalPath;
            if (new FileInfo(path).Length > MaxFileBytes) throw new RouseHostException($"{name} points to {value}, which is longer than any secret ({MaxFileBytes} bytes).");
            return File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or UriFormatException)
        {
            throw new RouseHostException($"{name} points to {value}, which cannot be read: {error.Message}", error);
        }
    }
}
