using System.Net.Sockets;
using Rouse.Contracts.Secrecy;
using Rouse.Contracts.Workers;
using Rouse.Worker.Configuration;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Reports;
using Rouse.Worker.Telemetry;

if (args is ["--help" or "-h" or "help"])
{
    Console.Out.WriteLine(HelpText.Text);
    return (int)ExitCode.Clean;
}

using var shutdown = new Shutdown();
shutdown.ListenToSignals();

if (args is ["fetch", .. var rest]) return (int)await FetchCommand.RunAsync(rest, Environment.GetEnvironmentVariable, shutdown.Draining);
if (args is not []) return Refuse($"'{args[0]}' is not a command.");
var reader = new SettingsReader(Environment.GetEnvironmentVariable);
if (reader.Read(Composition.NewRun()) is not { } settings) return Refuse(reader.Fault!);

var log = new WorkerLog(Console.Out, Composition.Clock.Time, new SecretMask([.. settings.Secrets, .. SecretVariables.Values(Environment.GetEnvironmentVariables())]));
using var traces = WorkerTracing.Start(Environment.GetEnvironmentVariable);
using var measures = WorkerMetering.Start(Environment.GetEnvironmentVariable);
using var metrics = new JobMetrics(log, Composition.Clock.Time);
using var http = Composition.CreateHubHttp();
await using var engine = Composition.CreateEngine(settings, log);
var weights = Composition.CreateWeights(http, settings.Hub, log, Composition.CreateCache(http, settings, log));
var health = new WorkerHealth(shutdown) { Metrics = metrics.Text };
using var probes = StartProbes();
return (int)await new WorkerHost(settings, weights, engine, log, shutdown, Composition.Clock) { Health = health, Metrics = metrics }.RunAsync();

HealthListener? StartProbes()
{
    if (settings.HealthPort is not { } port) return null;
    try
    {
        return HealthListener.Start(port, health, log, Composition.Clock.Time);
    }
    catch (SocketException fault)
    {
        // The platform will see that nothing answers and say so; jobs can be served all the same.
        log.Error($"No probe can be answered on port {port}: {fault.Message}. Set {HealthVariables.Port} to a free one.");
        return null;
    }
}

static int Refuse(string fault)
{
    Console.Error.WriteLine($"{fault} See --help.");
    return (int)ExitCode.BadConfiguration;
}
