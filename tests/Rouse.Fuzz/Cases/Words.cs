using Rouse.Fuzz.World;

namespace Rouse.Fuzz.Cases;

/// <summary>Values that mean something to this server, by the name of the member or parameter. Hosts end in <c>.invalid</c>: nothing is reached.</summary>
internal static class Words
{
    private static readonly string[] s_deployments =
    [
        """{"hf_model_id":"org/tiny"}""",
        """{"hf_model_id":"org/tiny@main","provider":"runpod-pods","reuse":false,"gpu_tier":"A10","workers":{"max":2}}""",
        """{"hf_model_id":"org/tiny","name":"a-name","region":"EU-RO-1","allow_gpu_fallback":true,"drift":"adopt","task":"text2img","cache_scope":"off"}""",
        $$"""{"hf_model_id":"org/missing","hf_token":"{{Canaries.HubToken}}","user_runpod_key":"{{Canaries.ProviderKey}}","user_webhook_url":"https://hooks.invalid/a"}""",
        """{"hf_model_id":"org/tiny","workers":{"min":0,"max":64,"idle_timeout_seconds":1,"start_timeout_seconds":86400,"scaler_type":"REQUEST_COUNT","scaler_value":10000}}""",
        $$"""{"hf_model_id":"org/tiny","cache_scope":"private","user_s3_url":"s3://bucket/p","user_aws_access_key_id":"{{Canaries.StorageKey}}","user_aws_secret_access_key":"{{Canaries.StorageSecret}}","user_aws_endpoint_url":"https://s3.invalid"}""",
        """{"service":{"upstream":"https://tts.invalid/v1","health_path":"/ready","concurrency":4,"max_queue":0,"max_body_bytes":1}}""",
        """{"service":{"image":"acme/tts:1","args":"--fast","env":{"TOKEN":"t","A":""},"port":8188,"vram_gb":24,"fallback":"gpu","retry_delay_seconds":0.5}}""",
        """{"service":{"image":"acme/tts:1","concurrency":8},"provider":"runpod","workers":{"max":4,"idle_timeout_seconds":3600}}""",
        """{"service":{"pod_id":"abc123","port":8188},"provider":"attached-pod","workers":{"idle_timeout_seconds":60}}""",
        """{"hf_model_id":"org/tiny","workers":{"pool":"scheduled","schedule":{"hours":"22-06","time_zone":"Europe/Istanbul","days":"mon-fri","workers":1}}}""",
    ];

    private static readonly string[] s_jobs =
    [
        """{"input":{"prompt":"a lake"}}""",
        """{"input":{"a":null},"webhook":"https://hooks.invalid/j","policy":{"executionTimeout":5000,"ttl":10000,"lowPriority":true}}""",
        $$$"""{"input":{"a":[1e999,"\ud800"]},"s3Config":{"accessId":"{{{Canaries.StorageKey}}}","accessSecret":"{{{Canaries.StorageSecret}}}","bucketName":"b","endpointUrl":"https://s3.invalid"}}""",
    ];

    private static readonly string[] s_urls =
        ["https://hooks.invalid/a", "http://hooks.invalid:8080/b?c=1", "https://192.0.2.1/x", "https://10.0.0.1/", "http://127.0.0.1:1/", "https://[2001:db8::1]/"];

    /// <summary>Bodies that are good as they are, by operation: some rules no schema tells, such as "exactly one of two".</summary>
    public static readonly IReadOnlyDictionary<string, IReadOnlyList<string>> Samples = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal)
    {
        ["createDeployment"] = s_deployments,
        ["planDeployment"] = s_deployments,
        ["RunJob"] = s_jobs,
        ["RunJobSync"] = s_jobs,
        ["reportAttempt"] =
        [
            """{"worker_id":"w1","sequence":1,"phase":"loading_model","logs":[{"timestamp":"2026-01-01T00:00:00Z","level":"INFO","message":"hello"}]}""",
            """{"worker_id":"w1","sequence":3,"phase":"ready","phase_times":{"downloading_model":1.5,"loading_model":2,"warming":0.1,"weights_from":"hub","bytes":1}}""",
            """{"worker_id":"w1","sequence":2,"progress":{"stage":"download","done":1,"total":null,"unit":"bytes"}}""",
        ],
        ["offerOutput"] = ["""{"worker_id":"w1","sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":0,"media_type":"image/png"}"""],
        ["FinishJob"] = ["""{"output":{"a":1}}""", """{"error":"it broke"}""", """{"output":[1,"é"],"status":"IN_PROGRESS"}""", """{"output":null,"stopPod":true}""", """{"output":[]}"""],
        ["generateImages"] =
        [
            """{"prompt":"a lake"}""",
            """{"model":"org/tiny","prompt":"a lake","n":5,"size":"512x768","quality":"hd","style":"vivid","user":"u","seed":7,"steps":4,"guidance_scale":1.5,"negative_prompt":"boats","scheduler":"lcm"}""",
        ],
        ["textToImage"] =
        [
            """{"prompt":"a lake"}""",
            """{"prompt":"a lake","negative_prompt":"boats","steps":4,"cfg_scale":7,"width":512,"height":512,"seed":-1,"sampler_name":"Euler a","batch_size":2,"n_iter":2,"override_settings":{"sd_model_checkpoint":"org/tiny"},"send_images":false}""",
        ],
        ["AppendToJobStream"] = ["""{"output":1}""", """{"output":{"a":"b"}}"""],
    };

    public static IReadOnlyDictionary<string, IReadOnlyList<string>> For(FuzzWorld world) => new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal)
    {
        ["hf_model_id"] = [FuzzWorld.Model, FuzzWorld.Model, FuzzWorld.Model + "@main", "org/missing", "gpt2"],
        ["model_path"] = [world.ModelFolder, "/", "/nowhere/at/all"],
        ["provider"] = ["runpod", "runpod-pods", "local", "huggingface", "attached-pod", "external"],
        ["gpu_tier"] = ["A10", "ECONOMY", "H100", "STANDARD", "ada_24"],
        ["region"] = ["EU-RO-1", "EU", "US"],
        ["task"] = ["text2img", "image2img", "text-to-image", "text_to_video", "speech2text"],
        ["engine"] = ["auto", "onnx", "diffusers", "a1111", "process"],
        ["cache_scope"] = ["off", "shared", "private"],
        ["upstream"] = ["https://tts.invalid/v1", "http://127.0.0.1:1/", "http://10.0.0.1/", "https://a@b.invalid/", "https://tts.invalid/?q"],
        ["image"] = ["acme/tts:1", "ghcr.io/acme/tts@sha256:00"],
        ["pod_id"] = ["abc123", "../x"],
        ["health_path"] = ["/health", "/a?b"],
        ["fallback"] = ["none", "host", "gpu"],
        ["drift"] = ["restore", "adopt"],
        ["scaler_type"] = ["QUEUE_DELAY", "REQUEST_COUNT"],
        ["status"] = ["ready", "failed", "deleted", "accepted_cold"],
        ["phase"] = ["ready", "failed", "warming", "loading_model", "downloading_model"],
        ["hf_token"] = [Canaries.HubToken],
        ["user_runpod_key"] = [Canaries.ProviderKey, FakeRunpod.FakeRunpodServer.Key],
        ["api_key"] = [Canaries.ProviderKey, Canaries.HubToken, FakeRunpod.FakeRunpodServer.Key],
        ["user_webhook_url"] = s_urls,
        ["webhook"] = s_urls,
        ["url"] = s_urls,
        ["user_s3_url"] = ["s3://bucket/prefix", "s3://bucket/", "https://s3.invalid/bucket"],
        ["user_aws_endpoint_url"] = ["https://s3.invalid", "http://192.0.2.7:9000"],
        ["user_aws_region"] = ["eu-central-1"],
        ["user_aws_access_key_id"] = [Canaries.StorageKey],
        ["user_aws_secret_access_key"] = [Canaries.StorageSecret],
        ["hours"] = ["09-21", "22-06", "00-24", "25-26"],
        ["time_zone"] = ["UTC", "Europe/Istanbul", "../../etc/passwd"],
        ["days"] = ["daily", "mon-fri", "sat,sun"],
        ["stage"] = ["download", "load"],
        ["unit"] = ["bytes", "steps"],
        ["level"] = ["INFO", "error", "?"],
        ["name"] = ["a-name", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.png"],
        ["media_type"] = ["image/png", "video/mp4", "text/html"],
        ["model"] = ["a-name", FuzzWorld.Model, "nobodys"],
        ["sampler_name"] = ["Euler", "DDIM", "UniPC"],
        ["size"] = ["auto", "512x512", "0x0", "64x64x64"],
        ["tenant"] = ["third", "third", "stranger", "nobody"],
        ["q"] = ["tiny", "o"],
    };
}
