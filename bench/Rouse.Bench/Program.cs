using System.Globalization;
using Rouse.Bench;
using Rouse.Bench.Runpod;

// One sub-command per server or load that a script in bench/ needs.
return args switch
{
    ["hub-server", .. var rest] => await HubServer.RunAsync(rest),
    ["job-server", var folder] => await JobServer.RunAsync(folder),
    ["job-load", .. var rest] => await JobLoad.RunAsync(rest),
    ["post-load", .. var rest] => await PostLoad.RunAsync(rest),
    ["stream-load", .. var rest] => await StreamLoad.RunAsync(rest),
    ["get-load", .. var rest] => await GetLoad.RunAsync(rest),
    ["start-load", .. var rest] => await StartLoad.RunAsync(rest),
    ["worker-start", .. var rest] => await WorkerStart.RunAsync(rest),
    ["runpod-server", .. var rest] => await RunpodServer.RunAsync(rest),
    ["runpod-load", .. var rest] => await RunpodLoad.RunAsync(rest),
    ["gateway-front", .. var rest] => await GatewayFront.RunAsync(rest),
    ["gateway-sink", var port] => await GatewaySink.RunAsync(port),
    ["held-load", .. var rest] => await HeldLoad.RunAsync(rest),
    ["rate-load", .. var rest] => await RateLoad.RunAsync(rest),
    ["bridge-load", .. var rest] => await BridgeLoad.RunAsync(rest),
    ["webhook-load", var folder, var events, var rate] =>
        await WebhookLoad.RunAsync(folder, int.Parse(events, CultureInfo.InvariantCulture), int.Parse(rate, CultureInfo.InvariantCulture)),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        Rouse.Bench hub-server --mib <size> --rate-mib <per connection and second>
        Rouse.Bench job-server <folder>
        Rouse.Bench job-load <name> <url> --seconds <n> --submitters <n> --workers <n>
        Rouse.Bench post-load <name> <url> --in-flight <n>
        Rouse.Bench stream-load <url> --server <process> --streams <n>
        Rouse.Bench get-load <name> <url> --key <key or empty> --server <process> --seconds <n>
        Rouse.Bench start-load <name> <folder> -- <program> <arguments, with {port} and {data}>
        Rouse.Bench worker-start <model folder> --runs <n> -- <name> <program> <arguments> [-- <name> <program> <arguments>]…
        Rouse.Bench runpod-server <folder> <management URL> <jobs URL> <hub URL>
        Rouse.Bench runpod-load <folder> --deployments <n> --rate <per second> --waiting <seconds>
        Rouse.Bench gateway-front yarp|forwarder <port> <backend URL>
        Rouse.Bench gateway-sink <port>
        Rouse.Bench held-load <url> --key <key> --server <process> --count <n> --backend-port <port>
        Rouse.Bench rate-load <url> --rate <per second> --seconds <n> --key <key or empty>
        Rouse.Bench bridge-load <worker's assembly> --jobs <n> --kib <of an answer>
        Rouse.Bench webhook-load <folder> <events> <per second>
        """);
    return 2;
}
