namespace Rouse.Worker.Weights;

/// <summary>Why a model could not be brought here: a failure code of the control plane, and a sentence that says what to do next.</summary>
internal sealed class WeightsException(string code, string message) : Exception(message)
{
    public string Code { get; } = code;
}

/// <summary>Why weights are not here, in words of the control plane's closed set.</summary>
internal static class FaultCodes
{
    public const string ModelNotFound = "model_not_found";
    public const string ModelGated = "model_gated";
    public const string ModelUnusable = "model_unusable";
    public const string HubUnavailable = "hub_unavailable";
    public const string ChecksumMismatch = "checksum_mismatch";
    public const string DiskFull = "disk_full";
}
