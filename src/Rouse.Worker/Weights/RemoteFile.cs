namespace Rouse.Worker.Weights;

/// <summary>A file elsewhere, as far as a download must know it.</summary>
/// <param name="Size">Bytes, exactly.</param>
/// <param name="IsGitBlob">Its digest is git's SHA-1 over a header and the content, as the hub knows small files; otherwise SHA-256 of the content.</param>
/// <param name="Open">
/// Opens bytes from the first number (inclusive) to the second (exclusive). The caller disposes the body. Throws <see cref="PassingFault"/>, or another
/// exception where trying again would not help.
/// </param>
/// <param name="Unavailable">What it means, from the last fault's words, when trying again did not help.</param>
internal sealed record RemoteFile(
    long Size, bool IsGitBlob, Func<long, long, CancellationToken, Task<RemoteBody>> Open, Func<PassingFault, Exception> Unavailable);

/// <param name="Skip">Bytes that come before those asked for: a server without ranges sends all from the beginning.</param>
internal readonly record struct RemoteBody(HttpResponseMessage Response, long Skip = 0);
