using Rouse.Server;
using Rouse.Server.Firestore;
using Rouse.Server.Google;

namespace Rouse.Cli.Commands.Local;

/// <summary>The Firestore mirror as the environment describes it.</summary>
internal static class FirestoreEnvironment
{
    /// <returns>Null when none is wanted.</returns>
    /// <exception cref="RouseHostException">It is wanted, and something is missing.</exception>
    public static FirestoreHostOptions? Read(Func<string, string?> variable)
    {
        switch (variable("ROUSE_FIRESTORE_MIRROR"))
        {
            case null or "" or "off":
                return null;
            case "on":
                break;
            default:
                throw new RouseHostException("ROUSE_FIRESTORE_MIRROR must be on or off.");
        }

        var project = Set("GCP_PROJECT_ID") ?? throw new RouseHostException("ROUSE_FIRESTORE_MIRROR is on, so GCP_PROJECT_ID must name the project.");
        var standard = new FirestoreHostOptions { Project = project };
        var emulator = Host("FIRESTORE_EMULATOR_HOST");
        return standard with
        {
            Deployments = Set("FIRESTORE_COLLECTION_DEPLOYMENTS") ?? standard.Deployments,
            Logs = Set("FIRESTORE_COLLECTION_LOGS") ?? standard.Logs,
            Endpoint = emulator ?? standard.Endpoint,
            IsEmulator = emulator is not null,
            Metadata = Host(MetadataServer.Variable) ?? standard.Metadata,
        };

        string? Set(string name) => variable(name) is { Length: > 0 } text ? text : null;

        Uri? Host(string name) => Set(name) is not { } host ? null
            : Uri.TryCreate("http://" + host, UriKind.Absolute, out var url) ? url
            : throw new RouseHostException($"{name} must be host:port.");
    }
}
