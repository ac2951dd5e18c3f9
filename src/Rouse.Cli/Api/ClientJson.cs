using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Rouse.Cli.Terminal;
using Rouse.Contracts;

namespace Rouse.Cli.Api;

/// <summary>The contracts as a client uses them: lenient to members a newer server adds, indented when printed.</summary>
internal static class ClientJson
{
    public static RouseJson Api { get; } = new(For(RouseJson.Default.Options, indented: true));

    public static JobJson Jobs { get; } = new(For(JobJson.Default.Options, indented: true));

    /// <summary>What this program itself prints, over several lines.</summary>
    public static CliJson Told { get; } = new(For(CliJson.Default.Options, indented: true));

    /// <summary>The same in one line, for streams of objects.</summary>
    public static CliJson Line { get; } = new(For(CliJson.Default.Options, indented: false));

    // What is printed goes to terminals and files, never into HTML, so nothing but JSON's own characters is escaped.
    private static JsonSerializerOptions For(JsonSerializerOptions contract, bool indented) => new(contract)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
        WriteIndented = indented,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
