using System.Globalization;
using Rouse.Worker.Configuration;

namespace Rouse.Worker.Protocol;

/// <summary>
/// Fills Runpod's URL templates just as runpod-python 1.12.0 does: only <c>$ID</c> in the take URL, both names in the others, parameters always
/// added with <c>&amp;</c> (the templates carry a <c>?</c>).
/// </summary>
internal sealed class JobUrls(JobPlane plane, string workerId)
{
    private const string JobId = "$ID";
    private const string PodId = "$RUNPOD_POD_ID";

    /// <summary>The protocol version we speak, told as the SDK tells its own.</summary>
    private const string Version = "&runpod_version=1.12.0";

    /// <summary>Characters: with all of them escaped, the address still fits where servers take 8 KiB.</summary>
    private const int MaxReason = 500;

    private readonly string _take = plane.GetJob.Replace(JobId, workerId, StringComparison.Ordinal);

    public bool CanPing => plane.Ping is not null;

    public bool CanStream => plane.PostStream is not null;

    /// <param name="busy">Jobs run here meanwhile.</param>
    /// <param name="places">How many are wanted at most; the address for several is made of the one for one, as the SDK makes it.</param>
    public Uri Take(bool busy, int places = 1)
    {
        var running = busy ? "&job_in_progress=1" : "&job_in_progress=0";
        return places == 1
            ? new(_take + running)
            : new(string.Create(CultureInfo.InvariantCulture, $"{_take.Replace("/job-take/", "/job-take-batch/", StringComparison.Ordinal)}&batch_size={places}{running}"));
    }

    public Uri Stop() => new(_take.Replace("/job-take/", "/job-stop/", StringComparison.Ordinal));

    public Uri Done(string job, bool isStream) => Post(plane.PostOutput, job, isStream);

    public Uri Stream(string job) => Post(plane.PostStream!, job, isStream: false);

    public Uri Ping(IReadOnlyCollection<string> jobs)
    {
        var ids = jobs.Count == 0 ? "" : "&job_id=" + string.Join(',', jobs.Select(Uri.EscapeDataString));
        return new(PingBase + ids + Version);
    }

    /// <summary>How the SDK tells that a worker cannot start.</summary>
    public Uri Unhealthy(string check, string reason) =>
        new($"{PingBase}&status=unhealthy&check={check}&reason={Uri.EscapeDataString(reason.Length > MaxReason ? reason[..MaxReason] : reason)}{Version}");

    private string PingBase => plane.Ping!.Replace(PodId, workerId, StringComparison.Ordinal);

    private Uri Post(string template, string job, bool isStream)
    {
        var filled = template.Replace(PodId, workerId, StringComparison.Ordinal).Replace(JobId, job, StringComparison.Ordinal);
        return new(filled + (isStream ? "&isStream=true" : "&isStream=false"));
    }
}
