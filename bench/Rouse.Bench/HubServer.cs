using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Rouse.Contracts;
using Rouse.Contracts.Workers;
using Rouse.TestKit.Hub;

namespace Rouse.Bench;

/// <summary>
/// A hub with one repository of one large file, each connection limited; and a control plane that says the same file lies in an object store, by an address
/// that leads to a server of ranges. Serves until its standard input ends.
/// </summary>
internal static class HubServer
{
    private const long MiB = 1 << 20;

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is not ["--mib", var size, "--rate-mib", var rate]) return 2;
        var file = FakeFile.Sized("unet/model.onnx", long.Parse(size, CultureInfo.InvariantCulture) * MiB);
        var repository = new FakeRepository("bench/model").With(file);
        await using var hub = await FakeHub.StartAsync(repository);
        hub.Script.BytesPerSecond = long.Parse(rate, CultureInfo.InvariantCulture) * MiB;
        var stored = $"{hub.ContentEndpoint}/{file.Etag}?generation=0";
        await using var control = Control(new WorkerCacheReply
        {
            Hit = true,
            Commit = repository.Commit,
            Files = [new WorkerCacheFile(file.Path, file.Size, file.Etag, file.Etag, stored)],
        });
        await control.StartAsync();
        Console.WriteLine($"{hub.Endpoint} {hub.Endpoint}/bench/model/resolve/main/{file.Path} {file.Etag} {control.Urls.First()} {stored}");
        await Console.In.ReadToEndAsync();
        return 0;
    }

    private static WebApplication Control(WorkerCacheReply reply)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(context => context.Response.WriteAsJsonAsync(reply, RouseJson.Default.WorkerCacheReply));
        return app;
    }
}
