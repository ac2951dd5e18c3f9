using System.Text.RegularExpressions;

namespace Rouse.Architecture;

/// <summary>Connections that the server makes go through the egress guard, or to an address that only the operator can name.</summary>
public sealed class EgressTests
{
    // Where connections begin without a handler that was made elsewhere.
    private static readonly Regex s_connects = new(
        @"SocketsHttpHandler|HttpClientHandler|WinHttpHandler|new (HttpClient|HttpMessageInvoker)\(\)|(HttpClient|HttpMessageInvoker) \w+ =>? new\(\)|AddHttpClient|IHttpClientFactory"
        + @"|new (TcpClient|UdpClient|Socket|ClientWebSocket|SmtpClient)\(|WebRequest|GrpcChannel\.|Dns\.",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        TimeSpan.FromSeconds(10));

    // Each with who names where it leads. docs/threat-model.md lists the same.
    private static readonly Dictionary<string, string> s_known = new(StringComparer.Ordinal)
    {
        ["src/Rouse.Server/Egress/EgressHandler.cs"] = "callers, under the policy",
        ["src/Rouse.Server/Egress/EgressPolicy.cs"] = "names, for the policy",
        ["src/Rouse.Gateway/Forwarding/BackendHandler.cs"] = "providers, and the reconciler that made what they name",
        ["src/Rouse.Server/Composition/EgressServices.cs"] = "names, for the policy",
        ["src/Rouse.Server/Composition/FirestoreServices.cs"] = "the operator (Firestore's and the metadata server's addresses)",
        ["src/Rouse.Server/Composition/ListeningSocket.cs"] = "nobody: it listens",
        ["src/Rouse.Server/Composition/RelayServices.cs"] = "the operator (RUNPOD_JOBS_URL)",
        ["src/Rouse.Providers/Runpod/RunpodClient.cs"] = "the operator (RUNPOD_API_URL, RUNPOD_JOBS_URL)",
    };

    [Fact]
    public void Connections_AreMadeOnlyWhereItIsKnownWhoNamesTheirEnd()
    {
        string[] projects = ["src/Rouse.Server/", "src/Rouse.Providers/", "src/Rouse.Gateway/", "src/Rouse.Core/", "src/Rouse.Contracts/"];
        var unknown = Repository.Sources
            .Where(file => projects.Any(project => file.StartsWith(project, StringComparison.Ordinal)) && !s_known.ContainsKey(file))
            .Where(file => s_connects.IsMatch(WithoutComments(Repository.Read(file))));
        Assert.Empty(unknown);
    }

    [Theory]
    [InlineData("private static SocketsHttpHandler Sockets() => new()")]
    [InlineData("var http = new HttpClient();")]
    [InlineData("HttpClient http = new();")]
    [InlineData("using var client = new TcpClient(host, 80);")]
    public void ThePattern_FindsWhatItIsFor(string line) => Assert.Matches(s_connects, line);

    private static string WithoutComments(string source) => string.Join('\n', source.Split('\n').Where(static line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal)));
}
