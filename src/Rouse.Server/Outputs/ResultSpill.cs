using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Rouse.Contracts.Workers;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Server.Auth;
using Rouse.Server.Caching.S3;

namespace Rouse.Server.Outputs;

/// <summary>
/// Keeps a result that is larger than the plane takes, as a worker of somebody else's sends it: such a worker loses what is refused. Our own never sends one.
/// </summary>
internal sealed class ResultSpill(OutputShelf shelf, DeploymentDirectory directory)
{
    /// <summary>What the job's output is instead: where the whole body lies, of which the output is one member.</summary>
    /// <returns>Null when it cannot be kept.</returns>
    /// <exception cref="Store.StorageException">The disk is full; the worker tries again.</exception>
    public async ValueTask<byte[]?> KeepAsync(DeploymentId deployment, JobId job, Stream body, CancellationToken ct)
    {
        if (await directory.FindAsync(deployment, ct) is not { } located) return null;
        try
        {
            return await shelf.SpillAsync(located.Tenant, deployment, $"{job}.spill", body, ct) is { } kept ? Write(kept.Output.Name, kept.Output.Bytes, kept.Url, kept.ExpiresAt) : null;
        }
        catch (S3Fault)
        {
            return null;
        }
    }

    private static byte[] Write(string name, long bytes, string url, DateTimeOffset expires)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("spilled");
            json.WriteString("url", url);
            json.WriteString("sha256", name.AsSpan(0, OutputName.DigestLength));
            json.WriteNumber("size", bytes);
            json.WriteString("media_type", "application/json");
            json.WriteString("expires_at", expires.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            json.WriteString("member", "output");
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
