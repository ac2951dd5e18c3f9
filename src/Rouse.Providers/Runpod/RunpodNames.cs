using Rouse.Core.Deployments;

namespace Rouse.Providers.Runpod;

/// <summary>Which of an account's names are ours. Anything else is somebody's, and is never touched.</summary>
internal static class RunpodNames
{
    /// <summary>REST v1 allows 191 characters; v2 names no limit.</summary>
    public const int MaxLength = 191;

    // Runpod's GraphQL switches FlashBoot by this end of an endpoint's name ("append -fb to your endpoint's name", its documentation's
    // "Manage endpoints"), and shows such names with it: ours must be known in that form too, or it would be left to bill.
    private const string FlashBootMark = " -fb";

    public static bool TryParse(string? shown, out BackendName name) =>
        BackendName.TryParse(shown is not null && shown.EndsWith(FlashBootMark, StringComparison.Ordinal) ? shown[..^FlashBootMark.Length] : shown, out name);
}
