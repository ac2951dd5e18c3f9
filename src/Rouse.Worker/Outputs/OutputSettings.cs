using Rouse.Contracts.Workers;
using Rouse.Worker.Configuration;

namespace Rouse.Worker.Outputs;

/// <summary>Where what jobs make goes.</summary>
/// <param name="ByUrl">Always into a store; otherwise only what does not fit into an answer.</param>
/// <param name="InlineBytes">Of an answer, as JSON: what is larger goes to a store where there is one.</param>
/// <param name="Bucket">A store of the worker's own; null where the control plane is asked, or nobody is.</param>
/// <param name="Folder">Where lies what no store would take.</param>
/// <param name="FolderKept">For how long.</param>
internal sealed record OutputSettings(bool ByUrl, int InlineBytes, BucketSettings? Bucket, string Folder, TimeSpan FolderKept)
{
    /// <summary>Runpod refuses results over 10 MB (<c>/run</c>); half a megabyte is room for what it puts around them.</summary>
    public const int RunpodInlineBytes = 9_500_000;

    /// <summary>Of Rouse's own plane, which takes 100 MiB: a result is a value in its database, and is held in memory by whoever reads it.</summary>
    public const int RouseInlineBytes = 32 << 20;

    /// <summary>Hours, a week: as long as a Rouse server keeps outputs, and as addresses into a bucket are good.</summary>
    public const int DefaultFolderHours = 168;

    /// <summary>Hours in a year.</summary>
    private const int LongestFolderHours = 8_760;

    private const string Inline = "inline";
    private const string Store = "store";

    /// <summary>Where Runpod puts an endpoint's network volume.</summary>
    private const string Volume = "/runpod-volume";

    private const string FolderName = "rouse-outputs";

    /// <param name="variables">Keeps the fault, if there is one.</param>
    /// <param name="control">Null on a plain Runpod endpoint.</param>
    /// <param name="jobs">Where results are sent.</param>
    /// <param name="cache">The worker's own folder.</param>
    public static OutputSettings Read(Variables variables, ControlPlane? control, JobPlane jobs, string cache)
    {
        var mode = variables.Optional(OutputVariables.Mode);
        if (mode is not (null or Inline or Store)) variables.Fail($"{OutputVariables.Mode} must be {Inline} or {Store}, not '{mode}'.");
        var isRouses = control is not null && jobs.GetJob.StartsWith(control.ReportsUrl.GetLeftPart(UriPartial.Authority) + "/", StringComparison.OrdinalIgnoreCase);
        var bytes = variables.Number(OutputVariables.InlineBytes, isRouses ? RouseInlineBytes : RunpodInlineBytes, 1024, int.MaxValue);
        var folder = variables.Optional(OutputVariables.Folder) ?? Path.Combine(Directory.Exists(Volume) ? Volume : cache, FolderName);
        var kept = variables.Number(OutputVariables.FolderHours, DefaultFolderHours, 1, LongestFolderHours);
        var bucket = BucketSettings.Read(variables);
        if (mode is Store && bucket is null && control is null) variables.Fail($"{OutputVariables.Mode}={Store} needs {OutputVariables.StoreUrl} and its keys, or a control plane.");
        return new OutputSettings(mode is Store, bytes, bucket, folder, TimeSpan.FromHours(kept));
    }
}
