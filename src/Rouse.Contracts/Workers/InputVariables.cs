namespace Rouse.Contracts.Workers;

/// <summary>What the worker reads of its environment about files that jobs name by URL in their input.</summary>
public static class InputVariables
{
    /// <summary><c>0</c>: none is fetched.</summary>
    public const string Urls = "ROUSE_INPUT_URLS";

    /// <summary>Hosts (<c>name</c> or <c>name:port</c>, separated by commas) that may be reached over http and at private addresses.</summary>
    public const string AllowHosts = "ROUSE_INPUT_ALLOW_HOSTS";
}
