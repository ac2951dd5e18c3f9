using Rouse.Core.Tenancy;
using Rouse.Server;

namespace Rouse.Cli.Settings;

/// <summary>The master keys as the environment gives them; whoever opens a server's store needs them.</summary>
internal static class MasterKeyEnvironment
{
    /// <param name="host">Its variables, and the folder that a relative path starts from.</param>
    public static RouseHostOptions Complete(RouseHostOptions options, CliHost host) => options with
    {
        MasterKey = Secret("ROUSE_MASTER_KEY", host), OldMasterKey = Secret("ROUSE_MASTER_KEY_OLD", host),
        MasterKeyFile = host.Variable("ROUSE_MASTER_KEY_FILE") is { Length: > 0 } file ? host.ResolvePath(file) : null,
    };

    private static Secret? Secret(string name, CliHost host) => host.Variable(name) is { Length: > 0 } set ? new Secret(set) : null;
}
