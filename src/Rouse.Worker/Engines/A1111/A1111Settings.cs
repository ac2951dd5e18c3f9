using System.Net;
using Rouse.Contracts.Secrecy;
using Rouse.Contracts.Workers;
using Rouse.Worker.Configuration;
using Rouse.Worker.Supervision;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Engines.A1111;

/// <summary>Where the WebUI is and how long it may take.</summary>
internal sealed record A1111Settings : EngineSettings
{
    public const string DefaultUrl = "http://127.0.0.1:3000/sdapi/v1";

    /// <summary>Unit: seconds. Sixteen large pictures with every extra on a slow card; longer is a hang.</summary>
    public const int DefaultTimeout = 600;

    /// <summary>Unit: seconds. A first start on a network volume compiles and loads for minutes; longer is a fault.</summary>
    public const int DefaultStartTimeout = 600;

    private const string ApiPath = "/sdapi/v1";

    /// <summary>Ends with a slash, so that calls are relative to it.</summary>
    public required Uri Api { get; init; }

    /// <summary><c>user:password</c>; null where none is asked for.</summary>
    public string? Credentials { get; init; }

    /// <summary>For one job, with all that is tried for it.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>For the WebUI to answer for the first time, and again after it went away.</summary>
    public required TimeSpan StartTimeout { get; init; }

    /// <summary>Starts it; null where somebody else does.</summary>
    public ServerCommand? Command { get; init; }

    /// <summary>Its command asks for a port, and nobody says which: a free one is found for each start of the worker, so that several have a WebUI each on one machine.</summary>
    public bool FindsPort { get; init; }

    public bool WarmsUp { get; init; }

    public override bool NeedsModel => false;

    public override FileSelection Files { get; } = new CheckpointFiles();

    public override IEnumerable<string> Secrets => [.. Credentials is { } pair ? SecretSettings.Hidden(A1111Variables.Credentials, pair) : [], .. Command?.Secrets ?? []];

    public static A1111Settings? Read(Variables variables)
    {
        var credentials = variables.Optional(A1111Variables.Credentials);
        if (credentials is not null && !credentials.Contains(':', StringComparison.Ordinal)) variables.Fail($"{A1111Variables.Credentials} must be user:password.");
        var timeout = variables.Number(A1111Variables.Timeout, DefaultTimeout, 1, 86_400);
        var start = variables.Number(A1111Variables.StartTimeout, DefaultStartTimeout, 1, 7_200);
        var warms = variables.Switch(A1111Variables.WarmUp, fallback: false);
        var command = CommandLine.Read(variables, A1111Variables.Command);
        if (ReadApi(variables) is not { } api) return null;
        return new A1111Settings
        {
            Api = api,
            Credentials = credentials,
            Timeout = TimeSpan.FromSeconds(timeout),
            StartTimeout = TimeSpan.FromSeconds(start),
            Command = command is null ? null : new ServerCommand("WebUI", command) { Folder = variables.Optional(A1111Variables.Folder) },
            FindsPort = variables.Optional(A1111Variables.Url) is null && command?.Any(static word => word.Contains("{port}", StringComparison.Ordinal)) is true,
            WarmsUp = warms,
        };
    }

    private static Uri? ReadApi(Variables variables)
    {
        var text = variables.Optional(A1111Variables.Url) ?? DefaultUrl;
        var isRemoteAllowed = variables.Switch(A1111Variables.AllowRemote, fallback: false);
        if (!Variables.IsHttp(text)) return variables.Fail<Uri>($"{A1111Variables.Url} must be an http or https URL.");
        var url = new Uri(text);
        if (url.UserInfo.Length > 0) return variables.Fail<Uri>($"{A1111Variables.Url} must hold no credentials: set {A1111Variables.Credentials}.");
        if (!isRemoteAllowed && !IsLoopback(url))
        {
            return variables.Fail<Uri>(
                $"{A1111Variables.Url} must be on this machine (127.0.0.1, ::1 or localhost). Set {A1111Variables.AllowRemote}=1 if the WebUI really is on another.");
        }

        var path = url.AbsolutePath.TrimEnd('/');
        return new Uri(url.GetLeftPart(UriPartial.Authority) + (path.Length == 0 ? ApiPath : path) + "/");
    }

    private static bool IsLoopback(Uri url) =>
        url.Host is "localhost" || (IPAddress.TryParse(url.DnsSafeHost, out var address) && IPAddress.IsLoopback(address));
}
