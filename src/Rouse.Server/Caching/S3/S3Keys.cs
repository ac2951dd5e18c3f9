using Rouse.Core.Tenancy;

namespace Rouse.Server.Caching.S3;

/// <summary>Both halves of what opens an object store. The id is no secret to its owner, and nobody else's business.</summary>
internal sealed record S3Keys(Secret AccessKeyId, Secret SecretAccessKey)
{
    /// <summary>Stands in neither half: they are printable and have no blanks.</summary>
    private const char Separator = '\n';

    /// <summary>For the vault, which keeps one secret.</summary>
    public Secret Joined => new(AccessKeyId.Reveal(SecretPurpose.Encryption) + Separator + SecretAccessKey.Reveal(SecretPurpose.Encryption));

    public static S3Keys Split(Secret joined)
    {
        var parts = joined.Reveal(SecretPurpose.Encryption).Split(Separator);
        return new S3Keys(new Secret(parts[0]), new Secret(parts[1]));
    }
}
