using System.CommandLine;
using Rouse.Cli.Api;
using Rouse.Contracts.Deployments;

namespace Rouse.Cli.Commands.Deployments;

/// <summary>Where a deployment runs and on whose account. Values are checked by the server, which knows them best.</summary>
internal sealed class ProviderOptions
{
    /// <summary>Holds a Runpod key where <c>--runpod-key-file</c> is not given. Never an option: other users see a command's arguments.</summary>
    private const string KeyVariable = "ROUSE_RUNPOD_KEY";

    /// <summary>Keys have some 50 characters; what is longer is another file.</summary>
    private const int MaxKeyFile = 4096;

    private readonly Option<string?> _provider;
    private readonly Option<bool> _fallback;
    private readonly Option<bool> _noReuse;
    private readonly Option<string?> _drift;
    private readonly Option<string?> _keyFile;

    public ProviderOptions(CliCommand command)
    {
        _provider = Text("--provider", "name", "local, runpod (Serverless) or runpod-pods. Default: what the server is set up for.");
        _fallback = Flag("--allow-gpu-fallback", "Take a GPU outside --gpu-tier when the tier has none. It may cost more.");
        _noReuse = Flag("--no-reuse", "Do not share a running backend of an equal deployment.");
        _drift = Text("--drift", "policy", "What to do when others change the backend at the provider: restore (default) or adopt.");
        _keyFile = Text("--runpod-key-file", "file", $"File with the key of the Runpod account to use. Default: {KeyVariable} with --provider runpod, --image and --pod, else the server's own account.");

        Option<string?> Text(string name, string value, string description)
            => command.Declare(new Option<string?>(name) { Description = description, HelpName = value });
        Option<bool> Flag(string name, string description) => command.Declare(new Option<bool>(name) { Description = description });
    }

    public Reply<CreateDeploymentRequest> Add(CreateDeploymentRequest request, ParseResult args, CliHost host)
    {
        var provider = args.GetValue(_provider);
        var isRunpods = provider is null ? request.Service is { Upstream: null } : provider.StartsWith("runpod", StringComparison.Ordinal) || provider is "attached-pod";
        var key = isRunpods ? host.Variable(KeyVariable) : null;
        if (args.GetValue(_keyFile) is { } file && !ReadKey(host.ResolvePath(file)).TryGet(out key, out var failure)) return failure;
        return request with
        {
            Provider = provider,
            UserRunpodKey = string.IsNullOrEmpty(key) ? null : key,
            AllowGpuFallback = args.GetValue(_fallback) ? true : null,
            Reuse = args.GetValue(_noReuse) ? false : null,
            Drift = args.GetValue(_drift),
        };
    }

    private static Reply<string> ReadKey(string path)
    {
        const string Next = "name a file that holds the key and nothing else";
        try
        {
            if (new FileInfo(path).Length > MaxKeyFile) return Failure.Usage($"{path} is too long for a key", Next);
            var key = File.ReadAllText(path).Trim();
            return key.Length > 0 ? key : Failure.Usage($"{path} is empty", Next);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return Failure.Usage($"{path} cannot be read: {error.Message}", Next);
        }
    }
}
