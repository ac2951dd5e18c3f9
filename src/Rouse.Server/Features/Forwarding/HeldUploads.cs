using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Rouse.Core.Tenancy;
using Rouse.Gateway.Forwarding;
using Rouse.Server.Spool;

namespace Rouse.Server.Features.Forwarding;

/// <summary>Reads on what held callers send, so that one that leaves is noticed before its turn.</summary>
internal sealed class HeldUploads(TimeProvider time, SpoolFolder? spool = null, SpoolRoom? room = null)
{
    /// <summary>Most wait no longer for a busy service, and need no file.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Null where nothing is to be read on. A small body the server takes in whole; who says <c>Expect: 100-continue</c> sends nothing before its turn; and over HTTP/2 a caller
    /// is heard however much it still has to send.
    /// </summary>
    /// <param name="most">Bytes of the body.</param>
    public HeldUpload? Of(HttpContext context, TenantId tenant, long most)
    {
        var request = context.Request;
        if (spool is null || room is null || request.ContentLength <= HeldUpload.Buffered || request.Headers.Expect.Count > 0) return null;
        if (HttpProtocol.IsHttp2(request.Protocol) || context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true }) return null;
        // Not to be set any more once it is read.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = most;
        var claim = room.Open(tenant);
        var body = new HeldBody(request.Body, request.BodyReader, spool.Root, claim.Take);
        request.Body = body;
        return new HeldUpload(body, claim, s_patience, time);
    }
}

/// <summary>One held body, and its room in the spool.</summary>
internal sealed class HeldUpload(HeldBody body, SpoolClaim claim, TimeSpan patience, TimeProvider time) : IAsyncDisposable
{
    /// <summary>Bytes that the server itself takes in while nobody reads. The framework's default.</summary>
    public const long Buffered = 1 << 20;

    public void ReadAhead() => body.ReadAhead(patience, time);

    public ValueTask StopAsync() => body.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await body.DisposeAsync();
        claim.Dispose();
    }
}
