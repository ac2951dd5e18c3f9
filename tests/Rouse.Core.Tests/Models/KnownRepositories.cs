using Rouse.Core.Models;

namespace Rouse.Core.Tests.Models;

/// <summary>What the hub publicly listed of well-known repositories in 2026: paths and bytes of their weights, without the files that are none.</summary>
internal static class KnownRepositories
{
    private const string Commit = "0123456789abcdef0123456789abcdef01234567";

    public static ModelFacts SdTurbo { get; } = Diffusers(
        "stabilityai/sd-turbo",
        "StableDiffusionPipeline",
        ["scheduler", "text_encoder", "tokenizer", "unet", "vae"],
        ("model_index.json", 616), ("sd_turbo.safetensors", 5_214_604_422),
        ("text_encoder/model.fp16.safetensors", 680_820_392), ("text_encoder/model.safetensors", 1_361_596_304),
        ("unet/diffusion_pytorch_model.fp16.safetensors", 1_731_904_736), ("unet/diffusion_pytorch_model.safetensors", 3_463_726_504),
        ("vae/diffusion_pytorch_model.fp16.safetensors", 167_335_342), ("vae/diffusion_pytorch_model.safetensors", 334_643_268));

    /// <summary>Every format at once, two spare decoders, and the whole of it again at the root.</summary>
    public static ModelFacts Sdxl { get; } = Diffusers(
        "stabilityai/stable-diffusion-xl-base-1.0",
        "StableDiffusionXLPipeline",
        ["scheduler", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "unet", "vae"],
        ("model_index.json", 609), ("sd_xl_base_1.0.safetensors", 6_938_078_334), ("sd_xl_base_1.0_0.9vae.safetensors", 6_938_078_334),
        ("sd_xl_offset_example-lora_1.0.safetensors", 49_553_604), ("text_encoder/flax_model.msgpack", 492_248_682),
        ("text_encoder/model.fp16.safetensors", 246_144_152), ("text_encoder/model.onnx", 492_587_457), ("text_encoder/model.safetensors", 492_265_168),
        ("text_encoder/openvino_model.bin", 492_242_672), ("text_encoder_2/model.fp16.safetensors", 1_389_382_176),
        ("text_encoder_2/model.onnx_data", 2_778_639_360), ("text_encoder_2/model.safetensors", 2_778_702_264),
        ("text_encoder_2/openvino_model.bin", 2_778_640_120), ("unet/diffusion_pytorch_model.fp16.safetensors", 5_135_149_760),
        ("unet/diffusion_pytorch_model.safetensors", 10_270_077_736), ("unet/model.onnx", 7_293_842), ("unet/model.onnx_data", 10_269_854_720),
        ("unet/openvino_model.bin", 10_269_856_428), ("vae/diffusion_pytorch_model.fp16.safetensors", 167_335_342),
        ("vae/diffusion_pytorch_model.safetensors", 334_643_268), ("vae_1_0/diffusion_pytorch_model.fp16.safetensors", 167_335_342),
        ("vae_1_0/diffusion_pytorch_model.safetensors", 334_643_268), ("vae_decoder/model.onnx", 198_093_688), ("vae_encoder/model.onnx", 136_775_724));

    /// <summary>Bfloat16 without a variant, in shards.</summary>
    public static ModelFacts FluxSchnell { get; } = Diffusers(
        "black-forest-labs/FLUX.1-schnell",
        "FluxPipeline",
        ["scheduler", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "transformer", "vae"],
        ("model_index.json", 536), ("ae.safetensors", 335_304_388), ("flux1-schnell.safetensors", 23_782_506_688),
        ("text_encoder/model.safetensors", 246_144_352), ("text_encoder_2/model-00001-of-00002.safetensors", 4_994_582_224),
        ("text_encoder_2/model-00002-of-00002.safetensors", 4_530_066_360), ("transformer/diffusion_pytorch_model-00001-of-00003.safetensors", 9_962_580_296),
        ("transformer/diffusion_pytorch_model-00002-of-00003.safetensors", 9_949_328_904),
        ("transformer/diffusion_pytorch_model-00003-of-00003.safetensors", 3_870_584_832), ("vae/diffusion_pytorch_model.safetensors", 167_666_902));

    /// <summary>A folder of text encoders for other programs, which the pipeline does not load, and shards that carry a variant.</summary>
    public static ModelFacts Sd35Large { get; } = Diffusers(
        "stabilityai/stable-diffusion-3.5-large",
        "StableDiffusion3Pipeline",
        ["scheduler", "text_encoder", "text_encoder_2", "text_encoder_3", "tokenizer", "tokenizer_2", "tokenizer_3", "transformer", "vae"],
        ("model_index.json", 706), ("sd3.5_large.safetensors", 16_460_379_262), ("text_encoder/model.fp16.safetensors", 247_323_896),
        ("text_encoder/model.safetensors", 247_323_896), ("text_encoder_2/model.fp16.safetensors", 1_389_382_176),
        ("text_encoder_2/model.safetensors", 1_389_382_176), ("text_encoder_3/model-00001-of-00002.safetensors", 4_994_582_104),
        ("text_encoder_3/model-00002-of-00002.safetensors", 4_530_066_248), ("text_encoder_3/model.fp16-00001-of-00002.safetensors", 4_994_582_104),
        ("text_encoder_3/model.fp16-00002-of-00002.safetensors", 4_530_066_248), ("text_encoders/clip_g.safetensors", 1_389_382_176),
        ("text_encoders/clip_l.safetensors", 246_144_152), ("text_encoders/t5xxl_fp16.safetensors", 9_787_841_024),
        ("text_encoders/t5xxl_fp8_e4m3fn.safetensors", 4_893_934_904), ("transformer/diffusion_pytorch_model-00001-of-00002.safetensors", 9_985_185_992),
        ("transformer/diffusion_pytorch_model-00002-of-00002.safetensors", 6_307_519_304), ("vae/diffusion_pytorch_model.safetensors", 167_666_902));

    public static ModelFacts Of(string name) => name switch
    {
        "sd-turbo" => SdTurbo,
        "sdxl" => Sdxl,
        "FLUX.1-schnell" => FluxSchnell,
        _ => Sd35Large,
    };

    public static ModelFacts Facts(string id, params string[] paths) => new()
    {
        Model = Reference(id), Commit = Commit, TotalBytes = paths.Length, Files = [.. paths.Select(path => new ModelFile(path, 1))],
    };

    private static ModelFacts Diffusers(string id, string pipeline, string[] components, params (string Path, long Bytes)[] files)
    {
        List<ModelFile> all = [.. files.Select(file => new ModelFile(file.Path, file.Bytes))];
        return new ModelFacts
        {
            Model = Reference(id), Commit = Commit, PipelineTag = "text-to-image", Pipeline = pipeline, Components = components,
            Files = all, TotalBytes = all.Sum(file => file.Bytes), Weights = FormatPolicy.Diffusers.Choose(all, components),
        };
    }

    private static ModelRef Reference(string id) => ModelRef.TryParseHub(id, out var model) ? model! : throw new ArgumentException(id, nameof(id));
}
