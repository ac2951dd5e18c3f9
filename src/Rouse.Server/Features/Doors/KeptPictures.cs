using System.Text.Json;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Server.Caching.S3;
using Rouse.Server.Outputs;

namespace Rouse.Server.Features.Doors;

/// <summary>The pictures of an answer in the form that a door's caller asked for, wherever they lie: read back where they were put away, put away where an address is wanted.</summary>
internal sealed class KeptPictures(OutputShelf shelf)
{
    private const string None = "The model's answer has no pictures in it.";

    /// <summary>Whether addresses can be given.</summary>
    public bool CanKeep => shelf.IsOpen;

    /// <returns>The pictures, or why there are none.</returns>
    public async ValueTask<(DoorPictures? Pictures, string? Fault)> ReadAsync(DeploymentState deployment, JobRecord job, bool byUrl, CancellationToken ct)
    {
        try
        {
            if (job.Output is not { } output) return (null, None);
            var whole = await WholeAsync(deployment.Id, output, ct);
            if (whole is null) return (null, "The model's answer was kept elsewhere, where this server cannot read it. Its job says where.");
            if (DoorPictures.TryRead(whole) is not { } pictures) return (null, None);
            List<DoorPicture> all = [];
            foreach (var picture in pictures.All)
            {
                if ((byUrl ? await AddressedAsync(deployment, picture, ct) : await ReadBackAsync(deployment.Id, picture, ct)) is not { } ready)
                    return (null, byUrl ? "There is no room for the pictures on this server: ask for b64_json." : "The pictures are kept elsewhere, where this server cannot read them. Their job says where.");
                all.Add(ready);
            }

            return (pictures with { All = all }, null);
        }
        catch (S3Fault fault)
        {
            return (null, $"The pictures cannot be reached: {fault.Message}.");
        }
    }

    /// <summary>The answer itself, where it was put away because of its size.</summary>
    private async ValueTask<byte[]?> WholeAsync(DeploymentId deployment, byte[] output, CancellationToken ct)
    {
        var json = JsonElement.Parse(output);
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty("spilled", out var spilled) || spilled.ValueKind != JsonValueKind.Object) return output;
        return DoorPicture.NameOf(spilled) is { } name && await shelf.FindAsync(deployment, name, ct) is { } found ? await shelf.ReadAsync(found, ct) : null;
    }

    private async ValueTask<DoorPicture?> ReadBackAsync(DeploymentId deployment, DoorPicture picture, CancellationToken ct)
    {
        if (picture.Base64 is not null) return picture;
        return picture.Name is { } name && await shelf.FindAsync(deployment, name, ct) is { } found && await shelf.ReadAsync(found, ct) is { } bytes ? picture with { Bytes = bytes } : null;
    }

    private async ValueTask<DoorPicture?> AddressedAsync(DeploymentState deployment, DoorPicture picture, CancellationToken ct)
    {
        if (picture.Url is not null) return picture;
        return picture.Base64 is { } text && text.TryGetBytesFromBase64(out var bytes) && await shelf.KeepAsync(deployment.Tenant, deployment.Id, "image/png", bytes, ct) is { } url ? picture with { Url = url } : null;
    }
}
