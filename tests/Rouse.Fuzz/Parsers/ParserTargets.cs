using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Rouse.Contracts;
using Rouse.Contracts.Egress;
using Rouse.Contracts.Webhooks;
using Rouse.Core.Caching;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Core.Models;
using Rouse.Server.Egress;
using Rouse.Server.Features.JobPlane;
using Rouse.Server.Http;
using Rouse.Server.Hub;
using Rouse.Store.Deployments;

namespace Rouse.Fuzz.Parsers;

/// <summary>The parsers, each with inputs to begin with and what must hold of what it accepts. A target says whether it accepted.</summary>
internal static class ParserTargets
{
    private static readonly WebhookSecret s_secret = new(Encoding.ASCII.GetBytes("a-secret-of-the-fuzz-tests"));
    private static readonly DateTimeOffset s_now = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
    private static readonly string s_signature = WebhookSignature.Sign(s_secret, "msg_1", 1_700_000_000, "{}"u8);

    public static readonly IReadOnlyDictionary<string, (string[] Corpus, Func<byte[], bool> Parse)> All = new Dictionary<string, (string[], Func<byte[], bool>)>(StringComparer.Ordinal)
    {
        ["safetensors header"] =
        (
            [
                """{"__metadata__":{"format":"pt"},"a":{"dtype":"F16","shape":[2,3],"data_offsets":[0,12]},"b":{"dtype":"F32","shape":[],"data_offsets":[12,16]}}""",
                """{"\ud800":{"dtype":"F16","shape":[9223372036854775807,2],"data_offsets":[0,1]}}""", "{}",
            ],
            bytes =>
            {
                byte[] file = [.. BitConverter.GetBytes((long)bytes.Length), .. bytes];
                Hold(SafetensorsHeader.LengthOf(bytes) is null or (> 1 and <= int.MaxValue), "a length that no array has");
                _ = SafetensorsHeader.LengthOf(file);
                var counts = SafetensorsHeader.Parse(bytes);
                Hold(counts is null || counts.All(count => count.Value >= 0 && count.Key.Length <= 16), "a count below zero");
                return counts is not null;
            }),
        ["hub listing"] =
        (
            [
                """{"sha":"0123456789abcdef0123456789abcdef01234567","gated":"auto","pipeline_tag":"text-to-image","siblings":[{"rfilename":"a/model.safetensors","size":12,"lfs":{"size":7}},{"rfilename":"model_index.json","size":3}],"safetensors":{"parameters":{"F16":4}}}""",
                """{"sha":"0123456789abcdef0123456789abcdef01234567","siblings":[null,{"rfilename":"a.onnx","size":9223372036854775807},{"rfilename":"b.onnx","size":9223372036854775807}]}""",
            ],
            bytes =>
            {
                if (Listing.Read(bytes) is not { } listing) return false;
                _ = ModelRef.TryParseHub("org/name", out var model);
                var facts = listing.Facts(model!, maxWeightFiles: 100);
                Hold(facts is null || facts.TotalBytes + facts.WeightBytes >= 0, "a size below zero");
                return listing.Parameters.Count >= 0;
            }),
        ["pipeline index"] = (["""{"_class_name":"StableDiffusionPipeline","unet":["diffusers","UNet2DConditionModel"],"vae":[null,null]}""", """{"_class_name":"\ud800"}"""], bytes => PipelineIndex.Parse(bytes) is not null),
        ["model reference"] = (["org/name", "org/name@main", "gpt2", "a.b/c_d@refs/pr/1"], bytes =>
        {
            if (!ModelRef.TryParseHub(Text(bytes), out var model)) return false;
            Hold(!model!.Id.Contains("..", StringComparison.Ordinal) && model.Id.Length <= ModelRef.MaxIdLength && model.Revision?.Length is null or <= ModelRef.MaxRevisionLength, "a path out of its folder");
            Hold(ModelRef.Parse(model.ToString()) == model, "not the same again");
            return true;
        }),
        ["model folder"] = (["/data/models/a", "/a", "/a/../b"], bytes => ModelRef.TryParseFolder(Text(bytes), out var model) && Held(Path.GetFullPath(model!.Id) == model.Id, "a path that is not whole")),
        ["webhook signature"] = ([s_signature, "v1,AAAA " + s_signature, "v1a,x v2,y"], bytes =>
        {
            Hold(!WebhookSignature.Verify(s_secret, "msg_1", "1700000000", Text(bytes), "{ }"u8, s_now), "another body passes");
            Hold(!WebhookSignature.Verify(s_secret, "msg_2", "1700000000", Text(bytes), "{}"u8, s_now), "another id passes");
            _ = WebhookSignature.Verify(s_secret, Text(bytes), Text(bytes), s_signature, bytes, s_now);
            return WebhookSignature.Verify(s_secret, "msg_1", "1700000000", Text(bytes), "{}"u8, s_now);
        }),
        ["webhook secret"] = (["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], bytes =>
            WebhookSecret.TryParse(Text(bytes), out var secret) && Held(WebhookSecret.TryParse(secret!.Reveal(), out var again) && again!.Reveal() == secret.Reveal(), "not the same again")),
        ["worker report"] = (["""{"worker_id":"w","sequence":1,"phase":"ready","logs":[{"timestamp":"2026-01-01T00:00:00Z","level":"INFO","message":"x"}],"progress":{"stage":"load","done":1,"total":2,"unit":"steps"}}"""], bytes =>
            JsonBody.Parse(bytes, RouseJson.Default.WorkerReport).Value is { } report && Held(report.WorkerId is not null && (report.Logs is null || report.Logs.All(line => line?.Message is not null || line is null)), "a line without its text")),
        ["deployment request"] = (["""{"hf_model_id":"a/b","workers":{"min":0,"scaler_value":0.5}}"""], bytes => JsonBody.Parse(bytes, RouseJson.Default.CreateDeploymentRequest).Value is not null),
        ["job request"] = (["""{"input":{"a":1},"webhook":"https://hooks.invalid/","policy":{"ttl":10000,"executionTimeout":5000,"lowPriority":true},"s3Config":{"a":"b"}}""", """{"input":{"\ud800":1},"policy":{"\ud800":1}}"""], bytes =>
            RunBody.TryParse(bytes, 256, out var refusal) is { } body ? Held(body.Input.Length > 2 && refusal is null, "no input") : !Held(refusal is not null, "refused without a word")),
        ["job result"] = (["""{"output":{"a":1},"error":null,"status":"IN_PROGRESS","stopPod":true}""", """{"error":"\ud800"}""", """{"output":[],"error":{"a":1}}"""], bytes => DoneBody.Parse(bytes, 1000, 256, isStream: true).Error?.StartsWith("The worker's result", StringComparison.Ordinal) != true),
        ["idempotency key"] = (["key-1", "\"quoted key\"", "\"k\"", ""], bytes =>
        {
            var request = new DefaultHttpContext().Request;
            request.Headers[IdempotencyHeader.Name] = Text(bytes);
            var isUsable = IdempotencyHeader.TryRead(request, "POST /x", bytes, out var key, out var problem);
            Hold(isUsable == problem is null && (key is null || (key.Key.Length is > 0 and <= IdempotencyHeader.MaxLength && key.Key.All(letter => letter is >= '!' and <= '~'))), "a key out of its bounds");
            return key is not null;
        }),
        ["egress policy"] = (["10.1.0.0/16, hooks.example ,2001:db8::/32,192.0.2.1"], bytes =>
        {
            try
            {
                var policy = EgressPolicy.Parse(Text(bytes), allowLoopback: false);
                return policy.Allows("public.example", 443, [IPAddress.Parse("93.184.215.14")]) || true;
            }
            catch (FormatException)
            {
                return false;
            }
        }),
        ["address"] = (["127.0.0.1", "::ffff:10.0.0.1", "2001:4860:4860::8888", "0x7f.1", "93.184.215.14", "fe80::1%1"], bytes =>
        {
            var raw = bytes.Length is 4 or 16 ? new IPAddress(bytes) : IPAddress.TryParse(Text(bytes), out var parsed) ? parsed : null;
            if (raw is null) return false;
            var isGlobal = AddressSpace.IsGlobal(raw);
            Hold(!(isGlobal && IPAddress.IsLoopback(raw)), "loopback is global");
            if (bytes.Length == 4) Hold(AddressSpace.IsGlobal(raw.MapToIPv6()) == isGlobal, "mapped it is judged otherwise");
            return isGlobal;
        }),
        ["store of weights"] = (["s3://bucket/prefix", "s3://b.c/"], bytes => S3Location.TryParse(Text(bytes), out var store) && Held(!store.Key("x").Split('/').Contains("..", StringComparer.Ordinal), "out of its prefix")),
        ["warm hours"] = (["09-21", "08:30-18:00", "22-06", "00-24"], bytes => WarmHours.TryParse(Text(bytes), out _, out _)),
        ["warm days"] = (["daily", "mon-fri", "sat,sun", "fri-mon"], bytes => WeekDaysText.TryParse(Text(bytes), out var days) && Held(WeekDaysText.TryParse(days.Text(), out var again) && again == days, "not the same again")),
        ["backend name"] = (["rouse-0123abcd-7r74md5zt1xgw314fq2dft86wc-1"], bytes => BackendName.TryParse(Text(bytes), out var name) && Held(name.ToString() == Text(bytes), "not the same again")),
        ["list cursor"] = (["1700000000000.dep_7r74md5zt1xgw314fq2dft86wc"], bytes => ListCursor.TryParse(Text(bytes), out _)),
        ["job id"] = (["sync-01m7zeqd834xx9adm5sm0ercrf"], bytes => JobId.TryParse(Text(bytes), out var id) && Held(id.Value.Length <= JobId.MaxLength, "too long")),
    };

    /// <summary>Bytes as text, one character each where they are no UTF-8: as headers are read.</summary>
    private static string Text(byte[] bytes) => System.Text.Unicode.Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : Encoding.Latin1.GetString(bytes);

    private static void Hold(bool promise, string otherwise)
    {
        if (!promise) throw new InvalidOperationException("Accepted " + otherwise);
    }

    private static bool Held(bool promise, string otherwise)
    {
        Hold(promise, otherwise);
        return true;
    }
}
