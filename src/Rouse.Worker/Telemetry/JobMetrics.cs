using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using Rouse.Worker.Reports;

namespace Rouse.Worker.Telemetry;

/// <summary>
/// Counts of jobs, how long they took and how many failed: as a meter, for whoever listens to it, and as a line in the log now and then. Refused input is
/// the caller's and counts as no error; nor does what was dropped.
/// </summary>
internal sealed class JobMetrics : IDisposable
{
    public const string MeterName = "Rouse.Worker";

    /// <summary>Jobs between two lines of the log.</summary>
    public const int JobsPerLine = 100;

    /// <summary>Between two lines where jobs are few; without any job there is no line.</summary>
    public static readonly TimeSpan LineInterval = TimeSpan.FromMinutes(10);

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _jobs;
    private readonly Histogram<double> _seconds;
    private readonly WorkerLog _log;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly long[] _ends = new long[Enum.GetValues<JobEnd>().Length];
    private double _sum;
    private long _told;
    private long _toldAt;

    public JobMetrics(WorkerLog log, TimeProvider time)
    {
        (_log, _time, _toldAt) = (log, time, time.GetTimestamp());
        _jobs = _meter.CreateCounter<long>("rouse.worker.jobs", "{job}", "Jobs that ended, by how.");
        _seconds = _meter.CreateHistogram<double>("rouse.worker.job.duration", "s", "From a job's begin to its end, without bringing the result home.");
    }

    public void Ended(JobEnd end, TimeSpan took)
    {
        _jobs.Add(1, KeyValuePair.Create<string, object?>("outcome", Word(end)));
        _seconds.Record(took.TotalSeconds);
        string? line = null;
        lock (_gate)
        {
            _ends[(int)end]++;
            _sum += took.TotalSeconds;
            var all = _ends.Sum();
            if (all - _told >= JobsPerLine || _time.GetElapsedTime(_toldAt) >= LineInterval) (line, _told, _toldAt) = (Summary(), all, _time.GetTimestamp());
        }

        if (line is not null) _log.Info(line);
    }

    /// <summary>All since the start, in the text format of Prometheus.</summary>
    public string Text()
    {
        var text = new StringBuilder("# HELP rouse_worker_jobs_total Jobs that ended, by how.\n# TYPE rouse_worker_jobs_total counter\n");
        lock (_gate)
        {
            foreach (var end in Enum.GetValues<JobEnd>()) text.Append(CultureInfo.InvariantCulture, $"rouse_worker_jobs_total{{outcome=\"{Word(end)}\"}} {_ends[(int)end]}\n");
            text.Append("# HELP rouse_worker_job_duration_seconds From a job's begin to its end, without bringing the result home.\n# TYPE rouse_worker_job_duration_seconds summary\n");
            text.Append(CultureInfo.InvariantCulture, $"rouse_worker_job_duration_seconds_sum {_sum}\n");
            text.Append(CultureInfo.InvariantCulture, $"rouse_worker_job_duration_seconds_count {_ends.Sum()}\n");
        }

        return text.ToString();
    }

    public void Dispose() => _meter.Dispose();

    private string Summary()
    {
        var all = _ends.Sum();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{all} jobs since the start, {_sum / all:0.00} s each in the mean, {100d * _ends[(int)JobEnd.Failed] / all:0.0} % failed, {_ends[(int)JobEnd.Refused]} refused, {_ends[(int)JobEnd.Dropped]} dropped.");
    }

    private static string Word(JobEnd end) => end switch
    {
        JobEnd.Done => "done",
        JobEnd.Refused => "refused",
        JobEnd.Failed => "failed",
        _ => "dropped",
    };
}
