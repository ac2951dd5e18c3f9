using System.Buffers;
using System.Text.Json;
using Rouse.Core.Deployments;
using Rouse.Core.Webhooks;

namespace Rouse.Core.Jobs;

/// <summary>A job as JSON. Inputs and outputs pass through as the bytes they came in, however large; absent members are left out.</summary>
public static class JobDocument
{
    /// <summary>Characters of an error that an event carries. Standard Webhooks asks for bodies under 20 kB.</summary>
    private const int MaxEventError = 1000;

    private static readonly JsonWriterOptions Raw = new() { SkipValidation = true };

    /// <summary>What <c>run</c>, <c>runsync</c>, <c>status</c>, <c>cancel</c> and <c>retry</c> answer.</summary>
    public static byte[] Status(JobRecord job) => Write(writer => WriteJob(writer, job, input: null));

    /// <summary>What the job's webhook gets: the whole job.</summary>
    public static byte[] Webhook(JobRecord job, byte[] input) => Write(writer => WriteJob(writer, job, input));

    /// <summary>What a tenant's webhook endpoint is told of the end of a job: bounded, so without input and output, which <c>status</c> answers.</summary>
    public static byte[] Event(JobRecord job, DeploymentId deployment) => Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, EventTypes.Of(job.Status));
        writer.WriteString("timestamp"u8, job.EndedAt!.Value.UtcDateTime);
        writer.WriteString("event"u8, "inference_job_" + job.Status.Word().ToLowerInvariant());
        writer.WriteString("job_id"u8, job.Id.Value);
        writer.WriteString("deployment_id"u8, deployment.Value);
        writer.WriteString("status"u8, job.Status.Word());
        if (job.TakenAt is { } taken)
        {
            writer.WriteNumber("delay_time_ms"u8, Milliseconds(taken - job.QueuedAt));
            writer.WriteNumber("execution_time_ms"u8, Milliseconds(job.EndedAt.Value - taken));
        }

        if (job.Retries > 0) writer.WriteNumber("retries"u8, job.Retries);
        if (job.Worker is { } worker) writer.WriteString("worker_id"u8, worker);
        if (job.Error is { } error) writer.WriteString("error"u8, error.AsSpan(0, Math.Min(error.Length, MaxEventError)));
        writer.WriteEndObject();
    });

    /// <summary>The short form: id and status only.</summary>
    public static byte[] Brief(JobId id, JobStatus status) => Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, id.Value);
        writer.WriteString("status"u8, status.Word());
        writer.WriteEndObject();
    });

    /// <summary>What <c>stream</c> answers.</summary>
    public static byte[] Stream(JobStatus status, IReadOnlyList<byte[]> chunks) => Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("status"u8, status.Word());
        writer.WriteStartArray("stream"u8);
        foreach (var chunk in chunks)
        {
            writer.WriteStartObject();
            writer.WritePropertyName("output"u8);
            writer.WriteRawValue(chunk, skipInputValidation: true);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    });

    /// <summary>What a worker's take gets: one object, or a list when it asked for a batch.</summary>
    /// <param name="jobs">At least one.</param>
    /// <param name="asList">The worker asked with <c>job-take-batch</c>.</param>
    /// <param name="open">Decrypts <see cref="TakenJob.SealedS3"/>.</param>
    public static byte[] Taken(IReadOnlyList<TakenJob> jobs, bool asList, Func<byte[], byte[]> open) => Write(writer =>
    {
        if (asList) writer.WriteStartArray();
        foreach (var job in jobs)
        {
            writer.WriteStartObject();
            writer.WriteString("id"u8, job.Id.Value);
            writer.WritePropertyName("input"u8);
            writer.WriteRawValue(job.Input, skipInputValidation: true);
            if (job.Webhook is { } webhook) writer.WriteString("webhook"u8, webhook);
            writer.WriteNumber("delayTime"u8, Milliseconds(job.Waited));
            writer.WriteNumber("executionTimeout"u8, Milliseconds(job.ExecutionTimeout));
            if (job.TraceParent is { } trace) writer.WriteString("traceparent"u8, trace);
            if (job.SealedS3 is { } s3)
            {
                writer.WritePropertyName("s3Config"u8);
                writer.WriteRawValue(open(s3), skipInputValidation: true);
            }

            writer.WriteEndObject();
        }

        if (asList) writer.WriteEndArray();
    });

    private static void WriteJob(Utf8JsonWriter writer, JobRecord job, byte[]? input)
    {
        var taken = job.Status == JobStatus.InQueue ? null : job.TakenAt;
        writer.WriteStartObject();
        if (taken is { } at) writer.WriteNumber("delayTime"u8, Milliseconds(at - job.QueuedAt));
        if (job.Error is { } error) writer.WriteString("error"u8, error);
        if (taken is { } from && job.EndedAt is { } to) writer.WriteNumber("executionTime"u8, Milliseconds(to - from));
        writer.WriteString("id"u8, job.Id.Value);
        WriteRaw(writer, "input"u8, input);
        WriteRaw(writer, "output"u8, job.Output);
        if (job.Retries > 0) writer.WriteNumber("retries"u8, job.Retries);
        writer.WriteString("status"u8, job.Status.Word());
        if (input is not null && job.Webhook is { } webhook) writer.WriteString("webhook"u8, webhook);
        if (job.Worker is { } worker) writer.WriteString("workerId"u8, worker);
        writer.WriteEndObject();
    }

    private static void WriteRaw(Utf8JsonWriter writer, ReadOnlySpan<byte> name, byte[]? json)
    {
        if (json is null) return;
        writer.WritePropertyName(name);
        writer.WriteRawValue(json, skipInputValidation: true);
    }

    /// <summary>Never negative: the clock may have been set back in between.</summary>
    private static long Milliseconds(TimeSpan span) => Math.Max(0, (long)span.TotalMilliseconds);

    private static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, Raw)) write(writer);
        return buffer.WrittenSpan.ToArray();
    }
}
