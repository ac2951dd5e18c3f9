using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Rouse.Fuzz.Document;

namespace Rouse.Fuzz.Cases;

/// <summary>Makes a case of an operation out of chance: most are almost right, because what is wholly wrong gets no further than the first check.</summary>
internal sealed class CaseMaker(ApiDocument document, ValueMaker values, Spoiler spoiler)
{
    private static readonly string[] s_otherMethods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "foo"];

    public FuzzCase Make(ApiOperation operation, Chance chance)
    {
        var caller = Who(operation, chance);
        var one = new FuzzCase
        {
            Operation = operation.Id,
            Method = chance.OneIn(20) ? chance.Pick(s_otherMethods) : operation.Method,
            Caller = caller,
            Forgery = caller == Caller.Forger ? HeaderMaker.Forgery(chance) : default,
            Path = Path(operation, chance),
            Query = Query(operation, chance),
        };
        one = WithBody(one, operation, chance);
        // Nobody waits here for what never wakes.
        if (operation.Path.StartsWith("/d/", StringComparison.Ordinal)) one = one with { Headers = [.. one.Headers, ("Prefer", "wait=0")] };
        return one with { Headers = [.. one.Headers, .. HeaderMaker.Make(operation, chance)] };
    }

    private static Caller Who(ApiOperation operation, Chance chance) => chance.Below(20) switch
    {
        0 or 1 => Caller.Stranger,
        2 => Caller.Nobody,
        3 or 4 => Caller.Forger,
        5 => operation.IsForWorkers ? Caller.Owner : Caller.Worker,
        _ => operation.IsForWorkers ? Caller.Worker : Caller.Owner,
    };

    /// <summary>Parameters of one path name one object: a job and the deployment that has it.</summary>
    private static string Path(ApiOperation operation, Chance chance)
    {
        // New objects are likely alive and old ones gone; what deletes takes old ones, or none would live for long.
        var number = (operation.Method == "DELETE" ? 4 + chance.Below(60) : chance.OneIn(3) ? chance.Below(48) : chance.Below(5)).ToString(CultureInfo.InvariantCulture);
        var segments = operation.Path.Split('/');
        var main = operation.IsForWorkers && operation.Path.Contains("{job}", StringComparison.Ordinal) ? "taken" : operation.IsForWorkers ? "served" : operation.Path.Contains("{job}", StringComparison.Ordinal) ? "jobs"
            : operation.Path.Contains("{delivery}", StringComparison.Ordinal) ? "deliveries" : "";
        for (var i = 0; i < segments.Length; i++)
        {
            if (!segments[i].StartsWith('{')) continue;
            var name = segments[i][1..^1];
            if (name == "path")
            {
                // Whatever comes there is a service's own. The doors of models have operations of their own in the document.
                segments[i] = chance.Pick(["", "health", "v1/images", "a%2Fb", "a;b=c"]);
                continue;
            }

            var kind = main.Length > 0 ? main : name == "deployment" ? "deployments" : name == "pod_id" ? "services" : segments[i - 1];
            var field = (main, name) switch
            {
                ("jobs" or "taken", "deployment") => ":deployment",
                ("deliveries", "id") => ":webhook",
                ("served", "attempt") => ":attempt",
                ("served" or "taken", "worker") => ":worker",
                _ => "",
            };
            segments[i] = chance.Below(16) switch
            {
                0 => Escaping.Escape(NastyText.Any(chance)) is { Length: > 0 } junk ? junk : "%20",
                1 => Escaping.Escape(chance.Pick(["dep_00000000000000000000000000", "0", "-1", "99999999999", "me", "a&b=c"])),
                _ => $"{{{{{kind}:{number}{field}}}}}",
            };
        }

        var path = string.Join('/', segments);
        return chance.Below(60) switch { 0 => path + "/", 1 => path + "/x", 2 => "/" + path, 3 => path + "%00", 4 => path.Replace("/v", "/V", StringComparison.Ordinal), _ => path };
    }

    private ImmutableList<(string Name, string? Value)> Query(ApiOperation operation, Chance chance)
    {
        var query = ImmutableList.CreateBuilder<(string, string?)>();
        foreach (var parameter in operation.Parameters.Where(parameter => parameter.In == "query"))
        {
            if (!parameter.IsRequired && chance.OneIn(2)) continue;
            var value = values.Make(parameter.Schema, parameter.Name, chance);
            if (chance.OneIn(3)) value = spoiler.Spoil(value, parameter.Schema, chance);
            query.Add((parameter.Name, Escaping.Escape(Plain(value))));
            if (chance.OneIn(20)) query.Add((parameter.Name, Escaping.Escape(NastyText.Any(chance))));
        }

        switch (chance.Below(30))
        {
            case 0: query.Add(("surprise", Escaping.Escape(NastyText.Any(chance)))); break;
            case 1: query.Add((chance.Pick(["%", "%zz", "%C3%28", "&&", "=", "a[]", "[", "%00", "last_event_id"]), chance.Pick([null, "%", "%FF", "", "1", "-1"]))); break;
        }

        return query.ToImmutable();
    }

    private static string Plain(JsonPiece value)
    {
        var json = value.ToString();
        try
        {
            return json.StartsWith('"') ? System.Text.Json.JsonElement.Parse(json).GetString()! : json;
        }
        catch (Exception error) when (error is System.Text.Json.JsonException or InvalidOperationException)
        {
            return json;
        }
    }

    private FuzzCase WithBody(FuzzCase one, ApiOperation operation, Chance chance)
    {
        if (operation.Body is not { } schema)
        {
            if (Words.Samples.TryGetValue(operation.Id, out var known) && chance.OneIn(2)) return one with { Json = Sample(chance.Pick(known)), Headers = [("Content-Type", "application/json")] };
            var isPost = operation.Method is "POST" or "PUT" or "PATCH";
            if (!chance.OneIn(isPost ? 3 : 12)) return isPost ? one with { Bytes = [] } : one;
            return one with { Json = new JsonLiteral(chance.Pick(chance.OneIn(2) ? NastyText.Literals : NastyText.Broken)), Headers = [("Content-Type", "application/json")] };
        }

        if (chance.OneIn(30)) return one;
        var body = chance.OneIn(2) && Words.Samples.TryGetValue(operation.Id, out var samples) ? Sample(chance.Pick(samples)) : values.Make(schema, "", chance);
        for (var i = chance.Below(4) - 1; i > 0; i--) body = spoiler.Spoil(body, schema, chance);
        // A store whose address is not named is Amazon's, which is no part of this.
        var text = body.ToString();
        if (text.Contains("s3://", StringComparison.Ordinal) && !text.Contains("\"user_aws_endpoint_url\":\"http", StringComparison.Ordinal)) body = new JsonLiteral(text.Replace("s3://", "s3x://", StringComparison.Ordinal));
        one = one with { Json = body, IsChunked = chance.OneIn(10) };
        switch (chance.Below(24))
        {
            case 0: one = one with { Json = new JsonLiteral(chance.Pick(NastyText.Broken)) }; break;
            case 1: one = one with { Bytes = [.. Garble(Encoding.UTF8.GetBytes(body.ToString()), chance)] }; break;
            case 2: one = one with { Bytes = [.. chance.Bytes(chance.Below(200))] }; break;
            case 3 when chance.OneIn(4): one = one with { Bytes = [.. Enumerable.Repeat((byte)' ', 200_000)] }; break;
        }

        return HeaderMaker.ContentType(chance) is { } type ? one with { Headers = [("Content-Type", type)] } : one;
    }

    private static JsonPiece Sample(string json) => JsonPiece.From(System.Text.Json.JsonElement.Parse(json));

    private static byte[] Garble(byte[] bytes, Chance chance)
    {
        for (var i = chance.Below(3); i >= 0 && bytes.Length > 0; i--) bytes[chance.Below(bytes.Length)] = (byte)chance.Next();
        return chance.OneIn(2) ? bytes[..chance.Below(bytes.Length + 1)] : bytes;
    }

    /// <summary>Made anew from its seed, its operation's id and its number.</summary>
    public FuzzCase Make(ulong seed, string operation, int index) => Make(document.Operation(operation), Chance.Of(seed, operation, index));
}
