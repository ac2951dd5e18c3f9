using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Rouse.Server.ServiceJobs;

/// <summary>What a multipart form says to us beside its file, and a hash of what it says whatever its boundary is: clients draw a new one for each try.</summary>
internal sealed record FormFields(IReadOnlyDictionary<string, string> Texts, bool HasFile, byte[] Sha256)
{
    /// <summary>Parts of a form, and header fields of a part.</summary>
    private const int MaxParts = 1000;

    /// <summary>Bytes of a field that is read as text; a webhook's URL is the longest.</summary>
    private const int MaxText = 16 * 1024;

    private const int MaxBoundary = 200;

    public static string? BoundaryOf(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var type) && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
            && HeaderUtilities.RemoveQuotes(type.Boundary) is { Length: > 0 and <= MaxBoundary } boundary ? boundary.ToString() : null;

    /// <param name="names">The fields that are read.</param>
    /// <returns>Null when it is no form.</returns>
    public static async ValueTask<FormFields?> ReadAsync(Stream body, string boundary, IReadOnlyList<string> names, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        var hasFile = false;
        try
        {
            var reader = new MultipartReader(boundary, body);
            for (var parts = 0; await reader.ReadNextSectionAsync(ct) is { } part; parts++)
            {
                if (parts == MaxParts) return null;
                foreach (var header in part.Headers ?? []) hash.AppendData(Encoding.UTF8.GetBytes($"{header.Key.ToLowerInvariant()}:{header.Value}\n"));
                var disposition = part.GetContentDispositionHeader();
                hasFile |= disposition?.IsFileDisposition() == true;
                var name = HeaderUtilities.RemoveQuotes(disposition?.Name ?? default).ToString();
                var text = disposition?.IsFormDisposition() == true && names.Contains(name, StringComparer.Ordinal) ? new MemoryStream() : null;
                if (await DigestAsync(part.Body, hash, text, ct) && text is not null) texts[name] = Encoding.UTF8.GetString(text.ToArray());
            }
        }
        catch (Exception error) when (error is IOException or InvalidDataException)
        {
            return null;
        }

        return new FormFields(texts, hasFile, hash.GetHashAndReset());
    }

    /// <returns>False when the field is too long to be one of ours.</returns>
    private static async ValueTask<bool> DigestAsync(Stream part, IncrementalHash hash, MemoryStream? text, CancellationToken ct)
    {
        var (buffer, length) = (new byte[Spool.SpoolFolder.BufferBytes], 0L);
        while (await part.ReadAsync(buffer, ct) is > 0 and var read)
        {
            hash.AppendData(buffer, 0, read);
            length += read;
            if (length <= MaxText) text?.Write(buffer, 0, read);
        }

        hash.AppendData(BitConverter.GetBytes(length));
        return length <= MaxText;
    }
}
