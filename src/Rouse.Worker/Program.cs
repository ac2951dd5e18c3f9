using Rouse.Contracts.Secrecy;
using Rouse.Worker.Configuration;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Reports;
using Rouse.Worker.Telemetry;
using Rouse.Worker.Weights;

if (args is ["--help" or "-h" or "help"])
{
    Console.Out.WriteLine(HelpText.Text);
    return (int)ExitCode.Clean;
}

var reader = new SettingsReader(Environment.GetEnvironmentVariable);
using var shutdown = new Shutdown();
shutdown.ListenToSignals();

if (args is ["fetch", var id])
{
    var source = reader.ReadHub();
    if (!HubModel.TryParse(id, out var model)) return Refuse($"'{id}' is not of the form org/name[@revision].");
    return reader.Fault is { } wrong ? Refuse(wrong) : (int)await FetchCommand.RunAsync(model, source, shutdown.Draining);
}

if (args is not []) return Refuse($"'{args[0]}' is not a command.");
if (reader.Read(Composition.NewRun()) is not { } settings) return Refuse(reader.Fault!);

var log = new WorkerLog(Console.Out, Composition.Clock.Time, new SecretMask([.. settings.Secrets, .. SecretVariables.Values(Environment.GetEnvironmentVariables())]));
using var traces = WorkerTracing.Start(Environment.GetEnvironmentVariable);
using var http = Composition.CreateHubHttp();
await using var engine = Composition.CreateEngine(settings);
var weights = Composition.CreateWeights(http, settings.Hub, log, Composition.CreateCache(http, settings, log));
return (int)await new WorkerHost(settings, weights, engine, log, shutdown, Composition.Clock).RunAsync();

static int Refuse(string fault)
{
    Console.Error.WriteLine($"{fault} See --help.");
    return (int)ExitCode.BadConfiguration;
}
