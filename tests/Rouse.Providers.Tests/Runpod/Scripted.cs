namespace Rouse.Providers.Tests.Runpod;

/// <summary>Answers in place of a socket, where what comes back could not be brought about over one.</summary>
internal sealed class Scripted(Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> answer) : HttpMessageHandler
{
    public Scripted(Func<CancellationToken, Task<HttpResponseMessage>> answer)
        : this((_, ct) => answer(ct))
    {
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => answer(request, cancellationToken);
}
