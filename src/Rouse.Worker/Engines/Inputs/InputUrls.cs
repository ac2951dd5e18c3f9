using Rouse.Contracts.Workers;
using Rouse.Worker.Configuration;
using Rouse.Worker.Egress;

namespace Rouse.Worker.Engines.Inputs;

/// <summary>Whether and from where files are fetched that inputs name by URL.</summary>
internal sealed record InputUrls(bool AreFetched, HostRules Hosts)
{
    public static InputUrls Public { get; } = new(AreFetched: true, HostRules.Parse(null, out _)!);

    public static InputUrls Read(Variables variables)
    {
        var hosts = HostRules.Parse(variables.Optional(InputVariables.AllowHosts), out var wrong);
        if (hosts is null) variables.Fail($"{InputVariables.AllowHosts} must list host names such as files.example:8080, not '{wrong}'.");
        return new InputUrls(variables.Switch(InputVariables.Urls, fallback: true), hosts ?? Public.Hosts);
    }
}
