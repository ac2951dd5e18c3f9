using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Rouse.Bench;

/// <summary>A backend that reads whatever it is sent and answers with its length. Runs until its process is ended.</summary>
internal static class GatewaySink
{
    public static async Task<int> RunAsync(string port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, int.Parse(port, CultureInfo.InvariantCulture));
        });
        var app = builder.Build();
        app.Run(async context =>
        {
            var (buffer, length) = (new byte[256 << 10], 0L);
            while (await context.Request.Body.ReadAsync(buffer, context.RequestAborted) is > 0 and var read) length += read;
            await context.Response.WriteAsync(length.ToString(CultureInfo.InvariantCulture));
        });
        await app.RunAsync();
        return 0;
    }
}
