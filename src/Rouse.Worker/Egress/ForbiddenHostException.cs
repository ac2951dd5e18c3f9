namespace Rouse.Worker.Egress;

/// <summary>The host's addresses are not for a job's URL to reach; trying again would meet the same.</summary>
internal sealed class ForbiddenHostException(string host) : Exception($"The host {host} is not on the public internet.")
{
    public string Host { get; } = host;
}
