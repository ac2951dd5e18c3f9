using System.Globalization;
using System.Security.Cryptography;
using Rouse.Contracts.Workers;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;
using Rouse.Server.Http;
using Rouse.Store;
using Rouse.Store.Outputs;

namespace Rouse.Server.Outputs;

/// <summary>Takes what jobs made, and hands out addresses of it. The row is durable before the first byte, and says "stored" when the last one is.</summary>
internal sealed class OutputShelf(JobOutputStore rows, OutputPlaces places, OutputSigner signer, OwnAddress own, OutputLimits limits, TimeProvider time)
{
    public OutputLimits Limits => limits;

    /// <summary>Whether there is anywhere to put things.</summary>
    public bool IsOpen => places.Preferred is not null;

    /// <summary>A worker asks where to put a thing, or whether it is there. Null: there is no room, or it is just going.</summary>
    /// <exception cref="Caching.S3.S3Fault">The object store does not answer.</exception>
    public async ValueTask<(WorkerOutputReply? Reply, OutputRoom Room)> AskAsync(DeploymentState row, string name, long size, CancellationToken ct)
    {
        // What lies in the folder is known to be right once its row says so; what lies in an object store was sent past this server.
        var known = await rows.FindAsync(row.Id, name, ct);
        if (known is not null && (known.IsStored || places.StoreOf(known) is not null) && await places.HasAsync(known, ct) && await rows.StoredAsync(row.Id, name, Until, ct))
        {
            var (url, expires) = Address(known);
            return (new WorkerOutputReply { Stored = true, Url = url, ExpiresAt = expires }, OutputRoom.Made);
        }

        var output = new JobOutput(row.Tenant, row.Id, name, size, places.Preferred!);
        var room = await BeginAsync(output, known, ct);
        return (room == OutputRoom.Made ? new WorkerOutputReply { Stored = false, PutUrl = PutAddress(output, row.Attempt) } : null, room);
    }

    /// <summary>Keeps something that came in an answer.</summary>
    /// <returns>Its address; null when there is no room for it.</returns>
    public async ValueTask<string?> KeepAsync(TenantId tenant, DeploymentId deployment, string mediaType, byte[] bytes, CancellationToken ct)
    {
        if (places.Preferred is not { } place) return null;
        var output = new JobOutput(tenant, deployment, OutputName.Of(Convert.ToHexStringLower(SHA256.HashData(bytes)), mediaType), bytes.Length, place);
        return await BringAsync(output, WriteAsync, ct) ? Address(output).Url : null;

        async ValueTask WriteAsync()
        {
            if (places.StoreOf(output) is { } store) await store.WriteAsync(OutputPlaces.KeyOf(output), bytes, ct);
            else await places.Folder!.WriteAsync(OutputPlaces.FileOf(output), new MemoryStream(bytes, writable: false), bytes.Length, ct);
        }
    }

    /// <summary>Keeps a body whose bytes nobody has hashed yet.</summary>
    /// <param name="aside">Its name until they are: one at a time, and swept as an orphan should this process end.</param>
    /// <returns>Null when it is too long, there is no room, or no folder to hash it in.</returns>
    /// <exception cref="StorageException">The disk is full.</exception>
    /// <exception cref="Caching.S3.S3Fault">The object store does not answer.</exception>
    public async ValueTask<(JobOutput Output, string Url, DateTimeOffset ExpiresAt)?> SpillAsync(TenantId tenant, DeploymentId deployment, string aside, Stream body, CancellationToken ct)
    {
        if (places.Folder is not { } folder) return null;
        var file = $"{deployment}.{aside}";
        if (await folder.WriteAsync(file, body, limits.MaxFile, ct) is not { } written) return null;
        var output = new JobOutput(tenant, deployment, OutputName.Of(Convert.ToHexStringLower(written.Sha256), "application/json"), written.Bytes, places.Preferred!);
        try
        {
            if (!await BringAsync(output, WriteAsync, ct)) return null;
        }
        finally
        {
            // Renamed away where it stays here.
            folder.Remove(file);
        }

        var (url, expires) = Address(output);
        return (output, url, expires);

        async ValueTask WriteAsync()
        {
            if (places.StoreOf(output) is { } store)
            {
                await using var bytes = folder.Open(file) ?? throw new StorageException(StorageCodes.Unavailable, "The file is gone.");
                await store.WriteAsync(OutputPlaces.KeyOf(output), bytes, ct);
            }
            else
            {
                folder.Rename(file, OutputPlaces.FileOf(output));
            }
        }
    }

    /// <summary>What is stored of that name, of that deployment.</summary>
    public async ValueTask<JobOutput?> FindAsync(DeploymentId deployment, string name, CancellationToken ct) =>
        OutputName.TryParse(name, out _, out _) && await rows.FindAsync(deployment, name, ct) is { IsStored: true } found ? found : null;

    /// <summary>All its bytes; null when they are gone, or too many for an answer.</summary>
    public ValueTask<byte[]?> ReadAsync(JobOutput output, CancellationToken ct) => places.ReadAsync(output, limits.MaxReadBack, ct);

    /// <summary>Takes the body that a worker sends to an address of <see cref="AskAsync"/>.</summary>
    /// <returns>Null when it was taken or is here already.</returns>
    /// <exception cref="StorageException">The disk is full, or another is sending the same.</exception>
    public async ValueTask<ErrorCode?> ReceiveAsync(JobOutput output, Stream body, CancellationToken ct)
    {
        if (await rows.FindAsync(output.Deployment, output.Name, ct) is not { } waiting || places.FolderOf(waiting) is not { } folder) return OutputErrors.NotFound;
        if (waiting.IsStored) return null;
        var file = OutputPlaces.FileOf(waiting);
        if (await folder.WriteAsync(file, body, output.Bytes, ct) is not { } written) return ErrorCode.TooLarge;
        if (written.Bytes != output.Bytes || !OutputName.TryParse(output.Name, out var digest, out _) || Convert.ToHexStringLower(written.Sha256) != digest)
        {
            // Nobody is told of it: its row still waits.
            folder.Remove(file);
            return OutputErrors.Differs;
        }

        return await rows.StoredAsync(output.Deployment, output.Name, Until, ct) ? null : OutputErrors.NotFound;
    }

    /// <summary>An open file, or where else it is.</summary>
    public (FileStream? File, string? Elsewhere) Open(JobOutput output) =>
        places.StoreOf(output) is not null ? (null, Address(output).Url) : (places.FolderOf(output)?.Open(OutputPlaces.FileOf(output)), null);

    /// <summary>Whether the address was made here for this thing and has not run out.</summary>
    public bool IsSigned(DeploymentId deployment, string name, long expires, string? signature) =>
        OutputSigner.AreSame(signer.ForReading(deployment, name, expires), signature) && expires > time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>The same of an address to send to.</summary>
    public bool IsSigned(JobOutput output, int attempt, long expires, string? signature) =>
        OutputSigner.AreSame(signer.ForWriting(output.Deployment, attempt, output.Name, output.Bytes, expires), signature) && expires > time.GetUtcNow().ToUnixTimeSeconds();

    private DateTimeOffset Until => time.GetUtcNow() + limits.Kept;

    /// <summary>Has it stored, by writing it where nobody has yet.</summary>
    /// <returns>False when there is no room.</returns>
    private async ValueTask<bool> BringAsync(JobOutput output, Func<ValueTask> write, CancellationToken ct)
    {
        var known = await rows.FindAsync(output.Deployment, output.Name, ct);
        if (known is not { IsStored: true } || !await places.HasAsync(known, ct))
        {
            if (await BeginAsync(output, known, ct) == OutputRoom.Made) await write();
            // Another may just have brought the same.
            else if (await rows.FindAsync(output.Deployment, output.Name, ct) is not { IsStored: true }) return false;
        }

        return await rows.StoredAsync(output.Deployment, output.Name, Until, ct);
    }

    /// <param name="known">What was noted of it when it was found not to be there.</param>
    private ValueTask<OutputRoom> BeginAsync(JobOutput output, JobOutput? known, CancellationToken ct) => rows.BeginAsync(
        output, time.GetUtcNow() + limits.Waiting, limits.MaxTotal, (long)(limits.MaxTotal * limits.TenantShare), isLost: known is { IsStored: true }, ct);

    private (string Url, DateTimeOffset ExpiresAt) Address(JobOutput output)
    {
        var until = time.GetUtcNow() + limits.AddressesLive;
        if (places.StoreOf(output) is { } store)
        {
            var mediaType = OutputName.TryParse(output.Name, out _, out var known) ? known : OutputName.Unknown;
            return (store.PresignAs(OutputPlaces.KeyOf(output), mediaType, until), until);
        }

        var expires = until.ToUnixTimeSeconds();
        return (own.Url(string.Create(CultureInfo.InvariantCulture, $"/v1/outputs/{output.Deployment}/{output.Name}?expires={expires}&signature={signer.ForReading(output.Deployment, output.Name, expires)}")), until);
    }

    private string PutAddress(JobOutput output, int attempt)
    {
        var until = time.GetUtcNow() + limits.Waiting;
        if (places.StoreOf(output) is { } store) return store.PresignPut(OutputPlaces.KeyOf(output), until);
        var expires = until.ToUnixTimeSeconds();
        // Relative: how a worker reaches this server is the worker's to know.
        return string.Create(
            CultureInfo.InvariantCulture, $"outputs/{output.Name}?size={output.Bytes}&expires={expires}&signature={signer.ForWriting(output.Deployment, attempt, output.Name, output.Bytes, expires)}");
    }
}
