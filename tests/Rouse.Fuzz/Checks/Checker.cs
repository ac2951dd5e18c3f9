using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Rouse.Fuzz.Cases;
using Rouse.Fuzz.Document;
using Rouse.Fuzz.Wire;
using Rouse.Fuzz.World;

namespace Rouse.Fuzz.Checks;

/// <summary>Holds an answer against the document and against what every answer promises.</summary>
/// <param name="secrets">Texts that may be in no answer.</param>
internal sealed partial class Checker(ApiDocument document, IReadOnlyList<string> secrets)
{
    private readonly Contract _contract = new(document);
    private readonly AnswerShape _shape = new(document);

    /// <summary>The first promise that is broken; null when none is.</summary>
    /// <param name="resolve">Puts ids in the place of <c>{{…}}</c>.</param>
    public Fault? Check(FuzzCase one, Reply reply, Func<string, string> resolve)
    {
        var operation = document.Operation(one.Operation);
        if (reply.End == ReplyEnd.Silent) return new Fault("hang", $"no answer within {Sender.Patience.TotalSeconds} s");
        if (reply.End == ReplyEnd.Cut) return IsRefusedUnread(one, reply) ? null : new Fault("cut", $"the connection was closed after {reply.Body.Length} bytes of the answer");
        // What a model did not do in time, or did wrong, is told with such a status by the doors that wait for it.
        var isTold = reply.Status is (502 or 504) && AnswerShape.IsInAnothersWords(reply);
        // Services are made here and none ever runs: what is held for one ends by its own clock, and a gateway's 5xx is about what is behind it.
        var isBehind = operation.Path.StartsWith("/d/", StringComparison.Ordinal) && reply.Status is (502 or 503 or 504);
        if (reply.Status >= 500 && !isTold && !isBehind) return new Fault($"{reply.Status} {Code(reply)}", reply.ToString());
        if (Leak(reply, isForWorker: operation.IsForWorkers && one.Caller == Caller.Worker) is { } leak) return leak;
        if (Target.IsUnreadable(one) && reply.Status is 400 or 414 or 431 && reply.Body.Length == 0) return null;
        // An answer to HEAD has no body to look at.
        if (one.Method == "HEAD") return reply.Status is 404 or 405 || document.At(operation.Path).Any(other => other.Method == "HEAD") ? null : new Fault("HEAD", $"answered {reply.Status}");
        if (!Target.IsClear(one, operation.Path) || Target.IsUnreadable(one)) return _shape.CheckProblem(reply);
        if (!one.Method.Equals(operation.Method, StringComparison.Ordinal)) return CheckOtherMethod(one, operation, reply);
        return _shape.Check(operation, reply) ?? Accepted(one, operation, reply, resolve);
    }

    /// <summary>A body that is too long to be read to its end may cost the connection.</summary>
    private static bool IsRefusedUnread(FuzzCase one, Reply reply) => one.Bytes is { Length: > 100_000 } && reply.Status is 0 or 401 or 413 or 415 or 400;

    private Fault? CheckOtherMethod(FuzzCase one, ApiOperation operation, Reply reply)
    {
        if (document.At(operation.Path).FirstOrDefault(other => other.Method == one.Method) is { } other) return _shape.Check(other, reply);
        if (reply.Status != 405) return new Fault($"method {reply.Status}", $"{one.Method} is not in the document and answered {reply}");
        var offered = document.At(operation.Path).Select(other => other.Method).Distinct(StringComparer.Ordinal).ToList();
        // CONNECT opens WebSockets over HTTP/2 (RFC 8441), and no document of this kind can name it.
        var allowed = (reply.Header("Allow") ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(static method => method != "CONNECT").ToList();
        return allowed.Order(StringComparer.Ordinal).SequenceEqual(offered.Order(StringComparer.Ordinal), StringComparer.Ordinal)
            ? _shape.CheckProblem(reply)
            : new Fault("Allow", $"'{string.Join(", ", allowed)}' where the document has {string.Join(", ", offered)}");
    }

    private Fault? Accepted(FuzzCase one, ApiOperation operation, Reply reply, Func<string, string> resolve)
    {
        if (reply.Status is < 200 or >= 300) return null;
        if (operation.IsSecured && one.Caller is (Caller.Nobody or Caller.Forger or Caller.Worker)) return new Fault("credential ignored", $"{one.Caller} was answered {reply.Status}");
        if (operation.IsForWorkers && one.Caller != Caller.Worker) return new Fault("token ignored", $"{one.Caller} was answered {reply.Status}");
        if (one.Caller == Caller.Stranger && one.Path.Contains("{{", StringComparison.Ordinal)) return new Fault("foreign object", $"another tenant was answered {reply.Status}");
        return _contract.WhyForbidden(operation, one, resolve) is { } why ? new Fault("accepted", $"{reply.Status} though {why}") : null;
    }

    /// <param name="isForWorker">A worker is given the keys of the store that its job's results go to.</param>
    private Fault? Leak(Reply reply, bool isForWorker)
    {
        var text = reply.Text + "\n" + string.Join('\n', reply.Headers.Select(header => $"{header.Name}: {header.Value}"));
        if (secrets.FirstOrDefault(secret => !(isForWorker && secret is (Canaries.StorageKey or Canaries.StorageSecret)) && text.Contains(secret, StringComparison.Ordinal)) is { } known) return new Fault("secret", known + " is in " + reply);
        if (reply.Header("X-Injected") is not null) return new Fault("header injected", reply.ToString());
        return Traces().Match(text) is { Success: true } trace ? new Fault("inner words", $"'{trace.Value}' is in {reply}") : null;
    }

    private static string Code(Reply reply)
    {
        try
        {
            return JsonElement.Parse(reply.Text).GetProperty("code").GetString()!;
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return "";
        }
    }

    /// <summary>What only a stack trace or an exception's text says.</summary>
    [GeneratedRegex(@"\bat [A-Z]\w+(\.\w+)+\(|\b(System|Microsoft|Rouse|Npgsql|Dapper)(\.[A-Z]\w+)+(Exception|`\d)|\w+Exception:|\.cs:line \d|SQLite Error|JsonElement\b.*ValueKind", RegexOptions.ExplicitCapture, 2000)]
    private static partial Regex Traces();
}
