using System.Collections.Frozen;
using Rouse.Contracts.Secrecy;

namespace Rouse.Worker.Supervision;

/// <summary>A program that the worker starts beside itself.</summary>
/// <param name="Name">What log lines and messages call it: <c>The server</c> without its article, such as <c>server</c>, <c>WebUI</c>.</param>
/// <param name="Arguments">The program first. No shell reads them.</param>
internal sealed record ServerCommand(string Name, IReadOnlyList<string> Arguments)
{
    /// <summary>Set besides what <see cref="ChildEnvironment"/> leaves of the worker's own.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>Names of the worker's own variables that it may see although they would be withheld.</summary>
    public IReadOnlyList<string> Passed { get; init; } = [];

    /// <summary>Where it is started; null: where the worker was.</summary>
    public string? Folder { get; init; }

    /// <summary>Where it is to listen, on this machine: what another program answers there is never taken for it. Null where it does not.</summary>
    public Uri? Address { get; init; }

    /// <summary>
    /// The port was free a moment ago and told to nobody else. So whoever answers there is what the command brought up, also where that is no process of its own: a container
    /// that it asked for.
    /// </summary>
    public bool HasFoundPort { get; init; }

    /// <summary>Its stdin and stdout are for talking (<see cref="ServerLife.Input"/>, <see cref="ServerLife.Output"/>); only stderr goes to the log.</summary>
    public bool IsPiped { get; init; }

    /// <summary>What of its words and variables no log may show: servers like to tell how they were started.</summary>
    public IEnumerable<string> Secrets => Environment.SelectMany(static pair => SecretSettings.Hidden(pair.Key, pair.Value)).Concat(SecretSettings.Hidden("", string.Join(' ', Arguments)));

    /// <summary>With <c>{placeholder}</c> replaced in the arguments and in the values of <see cref="Environment"/>.</summary>
    public ServerCommand With(string placeholder, string value)
    {
        var mark = "{" + placeholder + "}";
        return this with
        {
            Arguments = [.. Arguments.Select(Fill)],
            Environment = Environment.ToFrozenDictionary(static pair => pair.Key, pair => Fill(pair.Value), StringComparer.Ordinal),
        };

        string Fill(string text) => text.Replace(mark, value, StringComparison.Ordinal);
    }
}
