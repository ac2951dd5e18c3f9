using System.Globalization;
using Rouse.Contracts.Secrecy;
using Rouse.Contracts.Workers;
using Rouse.Worker.Configuration;
using Rouse.Worker.Engines;
using Rouse.Worker.ModelFiles;
using Rouse.Worker.Reports;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Lifetime;

/// <summary>
/// <c>rouse-worker fetch org/name[@rev]</c>, or <c>fetch checkpoint|lora|embedding &lt;url&gt;</c>: fills the cache ahead of a deployment. The folder or file
/// goes to stdout, all else to stderr.
/// </summary>
internal static class FetchCommand
{
    public static Task<ExitCode> RunAsync(IReadOnlyList<string> args, Func<string, string?> variable, CancellationToken ct)
    {
        if (FetchArguments.Parse(args, out var fault) is not { } wanted) return RefuseAsync(fault);
        var variables = new Variables(name => name == WorkerVariables.Engine && wanted.Engine is { } engine ? engine : variable(name));
        var reader = new SettingsReader(variables);
        var hub = reader.ReadHub();
        var control = reader.AsksForCache ? reader.ReadControl() : null;
        var selection = wanted.Model is null ? null : EngineNames.Files(variables);
        var settings = LibrarySettings.Read(variables, hub);
        if (variables.Fault is { } wrong) return RefuseAsync(wrong);
        var log = new WorkerLog(Console.Error, Composition.Clock.Time, new SecretMask([.. SecretVariables.Values(Environment.GetEnvironmentVariables()), hub.Token ?? ""]));
        if (wanted.File is { } file) return RunAsync(log, () => FileAsync(file, settings, log, ct), ct);
        return selection is null ? RefuseAsync("This engine loads no model of the hub.") : RunAsync(log, () => ModelAsync(wanted.Model!, selection, hub, control, log, ct), ct);
    }

    private static async Task<ExitCode> RefuseAsync(string fault)
    {
        await Console.Error.WriteLineAsync($"{fault} See --help.");
        return ExitCode.BadConfiguration;
    }

    private static async Task<ExitCode> RunAsync(WorkerLog log, Func<Task<string>> fetch, CancellationToken ct)
    {
        try
        {
            await Console.Out.WriteLineAsync(await fetch());
            return ExitCode.Clean;
        }
        catch (WeightsException fault)
        {
            log.Error($"{fault.Code}: {fault.Message}");
            return ExitCode.FatalStart;
        }
        catch (ModelFileException fault)
        {
            log.Error($"{fault.Code}: {fault.Message}");
            return ExitCode.FatalStart;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            log.Info("Stopped. What has come is kept; the next fetch goes on from there.");
            return ExitCode.Clean;
        }
    }

    private static async Task<string> ModelAsync(HubModel model, FileSelection selection, HubSettings hub, ControlPlane? control, WorkerLog log, CancellationToken ct)
    {
        using var http = Composition.CreateHubHttp();
        var run = Composition.NewRun();
        var cache = Composition.CreateCache(http, control, run, run, log);
        return await Composition.CreateWeights(http, hub, log, cache).ObtainAsync(model, selection, (done, total) => log.Info(Percent(done, total)), ct);
    }

    private static async Task<string> FileAsync(WantedFile file, LibrarySettings settings, WorkerLog log, CancellationToken ct)
    {
        using var library = Composition.CreateLibrary(settings, log);
        return (await library.ObtainAsync(file, (done, total) => log.Info(Percent(done, total ?? 0)), ct)).Path;
    }

    private static string Percent(long done, long total) =>
        string.Create(CultureInfo.InvariantCulture, $"{(total == 0 ? 100 : done * 100.0 / total):0.0} % of {total} bytes");
}
