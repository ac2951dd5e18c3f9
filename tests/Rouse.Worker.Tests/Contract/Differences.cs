namespace Rouse.Worker.Tests.Contract;

/// <summary>
/// Where this worker does otherwise than runpod-python 1.12.0 did in the captures, and why. What is not listed here is the same: method, path, query, header
/// fields and JSON.
/// </summary>
internal static class Differences
{
    /// <summary>Header fields of the captures that are not sent, or with another value.</summary>
    public static readonly IReadOnlyDictionary<string, string> Headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        ["Host"] = "The address of the test's own server.",
        ["User-Agent"] = "We say who we are.",
        ["Accept"] = "*/* is what its absence means (RFC 9110, 12.5.1).",
        ["Accept-Encoding"] = "Answers are small, and inputs of 20 MB are mostly pictures: nothing to compress.",
        ["charset"] = "No header field of any standard; no server is known to read it.",
        ["Connection"] = "keep-alive is HTTP/1.1's default.",
        ["Content-Length"] = "Our JSON has no blanks.",
        ["X-Rouse-Part"] = "Our own: a part that is sent again is kept once where the server knows it.",
    };

    /// <summary>Header fields of requests without a body that are not sent.</summary>
    public static readonly IReadOnlyDictionary<string, string> HeadersOfPolls = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        ["Content-Type"] = "A request without a body has none.",
        ["X-Request-ID"] = "The SDK leaves the last job's id on its session; a poll is about no job.",
    };

    public static readonly IReadOnlyList<JobDifference> Jobs =
    [
        new("a", "job-2-u1", "No traceback, host or path: an error says what is wrong and is masked.", """{"error":"engine_failed: boom"}"""),
        new("a", "job-3-u1", "A refused job has words, and no output beside them.", """{"error":"invalid_input: bad seed"}"""),
        new("a", "job-4-u1", "Progress has one shape, whatever the engine.", """{"status":"IN_PROGRESS","output":{"stage":"inference","step":1,"steps":2}}""", """{"output":"done"}"""),
        new("a", "job-5-u1", "An empty output is an output: {} alone could be a lost one.", """{"output":{}}"""),
        new("a", "job-8-u1", "It asks for no recycling: where it should end it ends itself.", """{"output":{"x":1}}"""),
        new("b", "gen-1", "What went ahead in parts is not sent again as a whole.", """{"output":{"tok":0}}""", """{"output":{"tok":1}}""", """{"output":{"tok":2}}""", """{"output":[]}"""),
        new("b", "gen-2", "No traceback.", """{"output":{"tok":0}}""", """{"output":{"tok":1}}""", """{"output":{"tok":2}}""", """{"error":"engine_failed: mid"}"""),
        new("d", "d-1", "The SDK drops a result after three 500s; ours is sent until it is taken.", [.. Enumerable.Repeat("""{"output":{"echo":{"mode":"echo"}}}""", 4)]),
        new("d", "d-3", "The SDK drops a result on 429; to us that is 'later'.", [.. Enumerable.Repeat("""{"output":{"echo":{"mode":"echo"}}}""", 2)]),
        new("r", "r-1", "It asks for no recycling.", """{"output":{"a":1}}"""),
    ];
}

/// <param name="Posts">The bodies that are posted for the job instead, in order.</param>
internal sealed record JobDifference(string Capture, string Job, string Why, params string[] Posts);
