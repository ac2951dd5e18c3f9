namespace Rouse.Contracts.Workers;

/// <summary>The environment for model files by URL, and for copies of hub models that lie on the machine already.</summary>
public static class ModelFileVariables
{
    /// <summary>Holds <c>checkpoints</c>, <c>loras</c> and <c>embeddings</c>.</summary>
    public const string Folder = "ROUSE_MODELS_FOLDER";

    /// <summary>GiB of the largest single file.</summary>
    public const string MaxFile = "ROUSE_MODELS_MAX_FILE_GB";

    /// <summary>GiB of all files that the worker has fetched into the folder.</summary>
    public const string MaxTotal = "ROUSE_MODELS_MAX_GB";

    /// <summary>Days without use after which a file is removed.</summary>
    public const string MaxAge = "ROUSE_MODELS_MAX_AGE_DAYS";

    /// <summary>How many of the most used files age does not remove.</summary>
    public const string KeepPopular = "ROUSE_MODELS_KEEP_POPULAR";

    /// <summary><c>1</c>: files that run code when they are loaded may be fetched.</summary>
    public const string AllowPickle = "ROUSE_MODELS_ALLOW_PICKLE";

    /// <summary>Hosts (<c>name</c> or <c>name:port</c>, separated by commas) that may be reached over http and at private addresses.</summary>
    public const string AllowHosts = "ROUSE_MODELS_ALLOW_HOSTS";

    /// <summary>Shown to <c>https://civitai.com</c> and to no other host.</summary>
    public const string CivitaiKey = "CIVITAI_API_KEY";

    /// <summary>A hub cache (<c>models--org--name/…</c>) that the platform fills and the worker only reads.</summary>
    public const string HostCache = "ROUSE_HOST_CACHE";

    /// <summary>Where a Runpod network volume is mounted.</summary>
    public const string RunpodVolume = "/runpod-volume";

    /// <summary>Where Runpod puts an endpoint's cached model.</summary>
    public const string RunpodHostCache = RunpodVolume + "/huggingface-cache/hub";
}
