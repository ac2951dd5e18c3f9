using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Rouse.Server.Http;

/// <summary>
/// First in the pipeline: refuses ambiguous framing and turns what the framework would answer with 500 into the caller's 4xx.
/// Whatever is left is a bug of ours: logged whole, told as INTERNAL without its text.
/// </summary>
internal sealed partial class EdgeGuard(RequestDelegate next, ILogger<EdgeGuard> logger)
{
    /// <summary>How long a caller is asked to wait for the store. 5 s: it is back within that once its disk has space.</summary>
    private static readonly TimeSpan s_storagePause = TimeSpan.FromSeconds(5);

    public async Task InvokeAsync(HttpContext context)
    {
        var headers = context.Request.Headers;
        // RFC 9112 §6.1: both lengths at once is how requests are smuggled. Kestrel sets the Content-Length aside under the X- name.
        if (headers.ContainsKey("Transfer-Encoding") && (headers.ContentLength is not null || headers.ContainsKey("X-Content-Length")))
        {
            await RefuseAsync(context, ErrorCode.BadFraming, "Send Content-Length or Transfer-Encoding, not both.");
            return;
        }

        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller left; nobody reads an answer.
        }
        catch (BadHttpRequestException error)
        {
            var code = error.StatusCode switch
            {
                StatusCodes.Status408RequestTimeout => ErrorCode.RequestTimeout,
                StatusCodes.Status413PayloadTooLarge => ErrorCode.TooLarge,
                _ => ErrorCode.BadRequest,
            };
            await RefuseAsync(context, code, code == ErrorCode.TooLarge ? "The body is larger than this operation takes." : "The request cannot be read.");
        }
        catch (Exception error) when (IsUnreadable(context, error))
        {
            LogUnreadable(logger, context.Request.Path, error);
            await RefuseAsync(context, ErrorCode.BadRequest, "The body cannot be read.");
        }
        catch (Exception error)
        {
            if (IsStorage(error))
            {
                LogStorage(logger, context.Request.Path, error);
                var isFull = error is Store.StorageException { Code: Store.StorageCodes.Full };
                await (isFull
                    ? Problems.WriteAsync(context, ErrorCode.StorageFull, "The store's disk is full. Nothing was changed; reading goes on, and so does writing once there is space.", s_storagePause)
                    : Problems.WriteAsync(context, ErrorCode.StorageUnavailable, "The store does not answer. Nothing was changed; try again in a few seconds.", s_storagePause));
                return;
            }

            LogBug(logger, context.Request.Method, context.Request.Path, error);
            await Problems.WriteAsync(context, ErrorCode.Internal, "This is a fault of the server. Its log has the cause under this request's trace id.");
        }
    }

    /// <summary>Where this request ends and whether another begins is in doubt, so nothing more is read from the connection.</summary>
    private static Task RefuseAsync(HttpContext context, ErrorCode code, string detail)
    {
        if (context.Response.HasStarted) return Task.CompletedTask;
        context.Response.Clear();
        context.Response.Headers.Connection = "close";
        return Problems.Result(code, detail).ExecuteAsync(context);
    }

    /// <summary>
    /// While a body is read, an over-long chunk size surfaces as an IOException, and a trailer with bytes that are no text as the server's own
    /// InvalidOperationException.
    /// </summary>
    private static bool IsUnreadable(HttpContext context, Exception error) => !context.Response.HasStarted && (
        (error is IOException && context.Request.ContentLength is null or > 0)
        || (error is InvalidOperationException { Source: "Microsoft.AspNetCore.Server.Kestrel.Core" } && context.Request.Headers.TransferEncoding.Count > 0));

    private static bool IsStorage(Exception error) => error is Store.StorageException or System.Data.Common.DbException or TimeoutException;

    [LoggerMessage(1, LogLevel.Information, "Refused an unreadable body on {Path}.")]
    private static partial void LogUnreadable(ILogger logger, string path, Exception error);

    [LoggerMessage(2, LogLevel.Error, "The store failed during {Path}.")]
    private static partial void LogStorage(ILogger logger, string path, Exception error);

    [LoggerMessage(3, LogLevel.Error, "Unhandled fault in {Method} {Path}.")]
    private static partial void LogBug(ILogger logger, string method, string path, Exception error);
}

internal static class EdgeGuardPipeline
{
    /// <summary>The guard, and problem bodies for the statuses that routing answers without one.</summary>
    public static void UseEdgeGuard(this IApplicationBuilder app)
    {
        app.UseMiddleware<EdgeGuard>();
        app.UseStatusCodePages(static pages =>
        {
            var context = pages.HttpContext;
            return context.Response.StatusCode switch
            {
                404 => Problems.WriteAsync(context, ErrorCode.NotFound, $"Nothing is served at this path. GET /openapi.json lists what is."),
                405 => WriteMethodNotAllowedAsync(context),
                415 => Problems.WriteAsync(context, ErrorCode.UnsupportedMediaType, "Send application/json in UTF-8."),
                _ => Task.CompletedTask,
            };
        });
    }

    private static Task WriteMethodNotAllowedAsync(HttpContext context)
    {
        var allow = context.Response.Headers.Allow;
        context.Response.OnStarting(() =>
        {
            context.Response.Headers.Allow = allow;
            return Task.CompletedTask;
        });
        return Problems.WriteAsync(context, ErrorCode.MethodNotAllowed, $"{context.Request.Method} is not offered here.");
    }
}
