using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Rouse.TestKit.Jobs;

/// <summary>What an unmodified runpod-python worker sent to a scripted server, and what that server answered, in the order it was sent.</summary>
public sealed partial record Capture(string Name, IReadOnlyList<CapturedRequest> Requests)
{
    /// <summary>Why a test that needs them does not run.</summary>
    public const string Missing = "The captures of runpod-python lie beside the repository and are not here.";

    /// <summary>Captures lie beside the repository; null where they are absent.</summary>
    public static string? Folder { get; } = FindFolder();

    public static Capture Read(string name)
    {
        var text = File.ReadAllText(Path.Combine(Folder!, name + ".http"));
        var answers = Answers().Matches(text).ToDictionary(
            match => int.Parse(match.Groups["n"].Value, CultureInfo.InvariantCulture),
            match => (int.Parse(match.Groups["status"].Value, CultureInfo.InvariantCulture), match.Groups["body"].Value.Trim()));
        var requests = new List<CapturedRequest>();
        foreach (Match match in Blocks().Matches(text))
        {
            var number = int.Parse(match.Groups["n"].Value, CultureInfo.InvariantCulture);
            // A poll that was open when the recording ended has no answer.
            var (status, body) = answers.GetValueOrDefault(number, (204, ""));
            requests.Add(new CapturedRequest(number, match.Groups["kind"].Value, RawRequest(match.Groups["text"].Value), status, body));
        }

        return new Capture(name, requests);
    }

    /// <summary>
    /// The head as it was, and the body up to the recorder's next line. Paths in some bodies were shortened after the recording, so the length is
    /// written anew.
    /// </summary>
    private static byte[] RawRequest(string text)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
        var head = text[..end];
        var body = text[end..].Split("\n----- response", 2)[0].Trim('\n');
        var length = string.Create(CultureInfo.InvariantCulture, $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r");
        return Encoding.UTF8.GetBytes(ContentLength().Replace(head, length) + (ContentLength().IsMatch(head) ? body : ""));
    }

    private static string? FindFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "Rouse.slnx"))) continue;
            // A work tree may lie one folder deeper than the repository.
            string[] candidates = ["../shared", "../../shared"];
            return candidates.Select(shared => Path.GetFullPath(Path.Combine(folder.FullName, shared, "data/worker-protocol"))).FirstOrDefault(Directory.Exists);
        }

        return null;
    }

    [GeneratedRegex(@"^===== #(?<n>\d+) t=[^ ]+ \[(?<kind>\w+)\] =====\n(?<text>.*?)(?=^===== #|\z)", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Blocks();

    [GeneratedRegex(@"^----- response #(?<n>\d+): (?<status>\d+) (?<body>.*)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Answers();

    [GeneratedRegex(@"^Content-Length: \d+\r$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ContentLength();
}

/// <param name="Number">In the order the worker sent them.</param>
/// <param name="Kind"><c>take</c>, <c>batch</c>, <c>done</c>, <c>stream</c>, <c>stop</c> or <c>ping</c>.</param>
/// <param name="Raw">The bytes of the request.</param>
/// <param name="Status">What the scripted server answered.</param>
/// <param name="Answer">And its body.</param>
public sealed record CapturedRequest(int Number, string Kind, byte[] Raw, int Status, string Answer)
{
    /// <summary>The jobs that the scripted server gave out.</summary>
    public IReadOnlyList<JsonElement> GivenJobs()
    {
        if (Kind is not ("take" or "batch") || Status != 200) return [];
        var answer = JsonSerializer.Deserialize<JsonElement>(Answer);
        return answer.ValueKind == JsonValueKind.Array ? [.. answer.EnumerateArray()] : [answer];
    }

    /// <summary>What the worker posted; undefined when it posted nothing.</summary>
    public JsonElement Body()
    {
        var text = Encoding.UTF8.GetString(Raw);
        var body = text[(text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        return body.Length > 0 ? JsonSerializer.Deserialize<JsonElement>(body) : default;
    }

    /// <summary>Its first line without the version: <c>GET /v2/ep1/…</c>.</summary>
    public string Line() => Encoding.UTF8.GetString(Raw).Split(" HTTP/1.1", 2)[0];

    /// <summary>Its header fields in the order they were sent.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers() =>
        [.. Encoding.UTF8.GetString(Raw).Split("\r\n\r\n", 2)[0].Split("\r\n")[1..].Select(static line => line.Split(": ", 2)).Select(static pair => KeyValuePair.Create(pair[0], pair[1]))];

    /// <summary>The job in the path of a <c>done</c> or <c>stream</c>.</summary>
    public string Job() => Encoding.UTF8.GetString(Raw).Split(' ')[1].Split('/')[5].Split('?', '&')[0];
}
