namespace Rouse.Contracts.Workers;

/// <summary>Where a worker puts what its jobs make.</summary>
public static class OutputVariables
{
    /// <summary><c>inline</c> (default): in the answer, as base64, where it fits. <c>store</c>: always in a store, with a URL in the answer.</summary>
    public const string Mode = "ROUSE_OUTPUT";

    /// <summary>Bytes of an answer up to which files stay in it.</summary>
    public const string InlineBytes = "ROUSE_OUTPUT_INLINE_BYTES";

    /// <summary>A store of the worker's own: <c>https://host/bucket/prefix</c>, or <c>https://bucket.host</c>. Without it the control plane is asked.</summary>
    public const string StoreUrl = "ROUSE_OUTPUT_S3_URL";
    public const string StoreKeyId = "ROUSE_OUTPUT_S3_ACCESS_KEY_ID";
    public const string StoreSecret = "ROUSE_OUTPUT_S3_SECRET_ACCESS_KEY";
    public const string StoreRegion = "ROUSE_OUTPUT_S3_REGION";

    /// <summary>Seconds for which an address made by the worker opens what it stored there.</summary>
    public const string UrlSeconds = "ROUSE_OUTPUT_URL_SECONDS";

    /// <summary>Where results lie that no store would take.</summary>
    public const string Folder = "ROUSE_OUTPUT_FOLDER";

    /// <summary>Hours for which they lie there; the answer says until when.</summary>
    public const string FolderHours = "ROUSE_OUTPUT_FOLDER_HOURS";

    /// <summary>runpod-python's names of the same three.</summary>
    public const string RunpodUrl = "BUCKET_ENDPOINT_URL";
    public const string RunpodKeyId = "BUCKET_ACCESS_KEY_ID";
    public const string RunpodSecret = "BUCKET_SECRET_ACCESS_KEY";
}
