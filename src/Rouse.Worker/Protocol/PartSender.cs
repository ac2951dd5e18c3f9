using System.Buffers;
using System.Net;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Outputs;
using Rouse.Worker.Reports;

namespace Rouse.Worker.Protocol;

/// <summary>
/// Brings the parts of one job's answer home, in order, each until the plane has it. Where the plane has no route for them they are kept, and are its output.
/// </summary>
internal sealed class PartSender(string job, JobPlaneClient plane, OutputDesk outputs, WorkerLog log, Clock clock)
{
    /// <summary>Longer than a restart of the server; the model's server waits meanwhile.</summary>
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromMinutes(2);

    public static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(250);

    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    /// <summary>Bytes of all parts together that are kept where none can be sent: what the plane takes as one result.</summary>
    public const int MaxKept = 20 << 20;

    private readonly Backoff _backoff = new(FirstWait, LongestWait, clock.Jitter);
    private readonly ArrayBufferWriter<byte> _kept = new();
    private int _count;

    /// <summary>At least one part is, or may be, with the plane.</summary>
    public bool WentAhead { get; private set; }

    /// <exception cref="PartLostException">The plane does not take it: what was streamed would have a hole.</exception>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> part, CancellationToken ct)
    {
        _count++;
        if (!plane.CanStream)
        {
            Keep(part);
            return;
        }

        WentAhead = true;
        part = await outputs.PartAsync(job, part, ct);
        var started = clock.Time.GetTimestamp();
        var body = JobOutcome.PartJson(part);
        for (var failures = 1; ; failures++)
        {
            var status = await plane.StreamAsync(job, _count, body, ct);
            if (status is >= HttpStatusCode.OK and < HttpStatusCode.Ambiguous) return;
            if (status is not (null or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError))
            {
                throw new PartLostException($"stream_refused: The job plane refused part {_count} of the answer ({part.Length} bytes) with HTTP {(int)status}: what was streamed ends before it.");
            }

            if (clock.Time.GetElapsedTime(started) > GiveUpAfter)
            {
                throw new PartLostException($"stream_lost: Part {_count} of the answer could not be delivered in {GiveUpAfter.TotalMinutes:0} minutes: what was streamed ends before it.");
            }

            if (failures == 1) log.Warning($"Part {_count} of job {job} was not taken ({(status is { } answer ? $"HTTP {(int)answer}" : "no answer")}), trying again.");
            await Task.Delay(_backoff.After(failures), clock.Time, ct);
        }
    }

    /// <summary>The output of a job all of whose answer was streamed: what could not be sent ahead, else nothing.</summary>
    public ReadOnlyMemory<byte> Kept() => _kept.WrittenCount == 0 ? "[]"u8.ToArray() : (byte[])[.. _kept.WrittenSpan, (byte)']'];

    private void Keep(ReadOnlyMemory<byte> part)
    {
        if (_kept.WrittenCount + part.Length > MaxKept)
        {
            throw new PartLostException($"stream_lost: The answer is longer than {MaxKept} bytes, and the job plane has no route for parts of it.");
        }

        _kept.Write(_kept.WrittenCount == 0 ? "["u8 : ","u8);
        _kept.Write(part.Span);
    }
}
