using Rouse.Contracts.Secrecy;

namespace Rouse.Contracts.Tests.Secrecy;

/// <summary>What an operator sets is read in logs as it is, and no secret among it.</summary>
public sealed class SecretSettingsTests
{
    private const string Random = "q83vASNFZ4mrze8BI0VniQ";

    [Theory]
    [InlineData("ROUSE_PROCESS_HEALTH_PATH", "/health")]
    [InlineData("ROUSE_PROCESS_PATH", "/v1/chat/completions")]
    [InlineData("ROUSE_PROCESS_PASS", "HF_TOKEN,HF_HOME")]
    [InlineData("ROUSE_PROCESS_TIMEOUT", "86400")]
    [InlineData("ROUSE_PROCESS_COMMAND", "python3 launch.py --api --nowebui --port {port} --ckpt-dir {models}/checkpoints --lora-dir {models}/loras")]
    [InlineData("ROUSE_PROCESS_COMMAND", """["vllm","serve","{model_id}","--max-model-len","131072","--dtype","float8_e4m3fn"]""")]
    [InlineData("ROUSE_PROCESS_COMMAND", "llama-server -m \"{model}/qwen2.5-0.5b-instruct-q4_k_m.gguf\" -ngl 99")]
    [InlineData("ROUSE_PROCESS_ENV", """{"WEIGHTS":"/models/dreamshaper8.safetensors","CUDA_VISIBLE_DEVICES":"0,1","PIPELINE":"StableDiffusionXLPipeline"}""")]
    [InlineData("ROUSE_PROCESS_POLL", """{"path":"/history/{prompt_id}","until":"/{prompt_id}/outputs","files_path":"/view?filename={filename}&type={type}"}""")]
    [InlineData("ROUSE_WEBUI_URL", "http://127.0.0.1:3000/sdapi/v1")]
    [InlineData("TOKENIZERS_PARALLELISM", "disabled")]
    [InlineData("VLLM_DTYPE", "bfloat16")]
    [InlineData("GOOGLE_APPLICATION_CREDENTIALS", "/run/secrets/google.json")]
    [InlineData("PYTORCH_CUDA_ALLOC_CONF", "expandable_segments:True,max_split_size_mb:512")]
    public void PlainSettings_AreShown(string name, string value) => Assert.Empty(SecretSettings.Hidden(name, value));

    [Theory]
    [InlineData("ROUSE_PROCESS_KEY", "opensesame", "opensesame")]
    [InlineData("DB_PASS", "hunter2", "hunter2")]
    [InlineData("HF_TOKENIZER_API_KEY", "opensesame", "opensesame")]
    [InlineData("AWS_SECRET_ACCESS_KEY", "/" + Random, "/" + Random)]
    [InlineData("ROUSE_WEBUI_CREDENTIALS", "me:hunter2", "hunter2")]
    [InlineData("API_KEYS", "first-of-them,second-of-them", "second-of-them")]
    [InlineData("DEPLOY_PRIVATE", "-----BEGIN-----\n" + Random + "\n-----END-----", Random)]
    [InlineData("ANYTHING", Random, Random)]
    [InlineData("ANYTHING", "wJalrXUtnFEMI", "wJalrXUtnFEMI")]
    [InlineData("ANYTHING", "deadbeefcafe0123", "deadbeefcafe0123")]
    [InlineData("ANYTHING", "p@ss!word", "p@ss!word")]
    [InlineData("ANYTHING", "Tr0ub4dor", "Tr0ub4dor")]
    [InlineData("ANYTHING", "hunter2024", "hunter2024")]
    [InlineData("SOURCE", "https://me:hunter2@models.example/x", "https://me:hunter2@models.example/x")]
    [InlineData("SOURCE", "https://models.example/x?sig=abc", "https://models.example/x?sig=abc")]
    [InlineData("ROUSE_PROCESS_COMMAND", "serve --port 80 --api-key opensesame", "opensesame")]
    [InlineData("ROUSE_PROCESS_COMMAND", "serve --api-key=opensesame", "opensesame")]
    [InlineData("ROUSE_PROCESS_COMMAND", """["webui","--gradio-auth","me:hunter2"]""", "hunter2")]
    [InlineData("ROUSE_PROCESS_COMMAND", "sh -c 'HF_TOKEN=opensesame exec serve'", "opensesame")]
    [InlineData("ROUSE_PROCESS_ENV", """{"HF_TOKEN":"opensesame","A":"plain"}""", "opensesame")]
    [InlineData("ROUSE_PROCESS_ENV", """{"A":{"PASSWORD":"opensesame"}}""", "opensesame")]
    public void WhatIsCalledOrLooksLikeASecret_IsHidden(string name, string value, string secret) => Assert.Contains(secret, SecretSettings.Hidden(name, value));

    [Fact]
    public void OfACommand_OnlyTheSecretIsHidden() =>
        Assert.Equal(["opensesame"], SecretSettings.Hidden("ROUSE_PROCESS_COMMAND", "vllm serve {model_id} --host 127.0.0.1 --port {port} --api-key opensesame"));
}
