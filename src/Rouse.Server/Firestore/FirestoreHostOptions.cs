using Rouse.Server.Google;

namespace Rouse.Server.Firestore;

/// <summary>Where deployments and their logs are mirrored to, for those who read them there. Rouse itself never reads it.</summary>
public sealed record FirestoreHostOptions
{
    /// <summary>The Google Cloud project (<c>GCP_PROJECT_ID</c>).</summary>
    public required string Project { get; init; }

    /// <summary>The database in it.</summary>
    public string Database { get; init; } = "(default)";

    /// <summary>Collection of one document for each deployment, by its id (<c>FIRESTORE_COLLECTION_DEPLOYMENTS</c>).</summary>
    public string Deployments { get; init; } = "deployments";

    /// <summary>Collection of one document for each log line (<c>FIRESTORE_COLLECTION_LOGS</c>).</summary>
    public string Logs { get; init; } = "deployment_logs";

    /// <summary>The service, or an emulator (<c>FIRESTORE_EMULATOR_HOST</c>), which is sent no credential of the cloud's.</summary>
    public Uri Endpoint { get; init; } = new("https://firestore.googleapis.com");

    /// <summary>An emulator takes the word <c>owner</c> for a credential.</summary>
    public bool IsEmulator { get; init; }

    /// <summary>Where the service account's token comes from (<c>GCE_METADATA_HOST</c>).</summary>
    public Uri Metadata { get; init; } = MetadataServer.DefaultAddress;

    internal string Root => $"projects/{Project}/databases/{Database}/documents";
}
