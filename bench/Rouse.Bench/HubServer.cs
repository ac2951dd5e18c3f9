using System.Globalization;
using Rouse.TestKit.Hub;

namespace Rouse.Bench;

/// <summary>A hub with one repository of one large file, each connection limited. Serves until its standard input ends.</summary>
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
        Console.WriteLine($"{hub.Endpoint} {hub.Endpoint}/bench/model/resolve/main/{file.Path} {file.Etag}");
        await Console.In.ReadToEndAsync();
        return 0;
    }
}
