using Rouse.Cli.Commands.Local;

namespace Rouse.Cli.Commands;

/// <summary>What every command but <c>serve</c> reads, for <c>.env.example</c>.</summary>
internal static class CommandVariables
{
    public static IReadOnlyList<ServerVariable> All { get; } =
    [
        new("ROUSE_SERVER", "http://127.0.0.1:8080", "the server that commands talk to (--server)"),
        new("ROUSE_API_KEY", "", "the key they send"),
        new("ROUSE_RUNPOD_KEY", "", "the caller's own Runpod key, for rouse up --provider runpod; a file is better (--runpod-key-file)"),
        new("NO_COLOR", "", "anything: no colours"),
    ];
}
