using System.Buffers.Binary;
using System.Text;

namespace Rouse.Worker.Tests.Engines.Diffusers;

/// <summary>Model folders in the layout of diffusers and transformers, with real safetensors files of a few numbers.</summary>
internal static class TinyRepository
{
    /// <param name="folder">Made where it is not there.</param>
    /// <param name="pipeline">Its class.</param>
    /// <param name="variants">Of every component; the empty word is the plain one.</param>
    /// <param name="type">Of the numbers, as the format writes it.</param>
    /// <param name="checks">It has a safety checker.</param>
    /// <param name="salt">Models of another salt have other weights.</param>
    public static string Pipeline(string folder, string pipeline = "StableDiffusionPipeline", string[]? variants = null, string type = "F32", byte salt = 1, bool checks = false)
    {
        foreach (var variant in variants ?? [""])
        {
            var infix = variant.Length == 0 ? "" : "." + variant;
            WriteWeights(Path.Combine(folder, "unet", $"diffusion_pytorch_model{infix}.safetensors"), type, 64, salt);
            WriteWeights(Path.Combine(folder, "vae", $"diffusion_pytorch_model{infix}.safetensors"), type, 16, (byte)(salt + 1));
            WriteWeights(Path.Combine(folder, "text_encoder", $"model{infix}.safetensors"), type, 32, (byte)(salt + 2));
            if (checks) WriteWeights(Path.Combine(folder, "safety_checker", $"model{infix}.safetensors"), type, 8, (byte)(salt + 3));
        }

        Write(Path.Combine(folder, "scheduler", "scheduler_config.json"), """{"_class_name":"PNDMScheduler"}""");
        Write(
            Path.Combine(folder, "model_index.json"),
            $$"""
            {"_class_name":"{{pipeline}}","_diffusers_version":"0.35.1","scheduler":["diffusers","PNDMScheduler"],"text_encoder":["transformers","CLIPTextModel"],
             "unet":["diffusers","UNet2DConditionModel"],"vae":["diffusers","AutoencoderKL"],"image_encoder":[null,null]{{(checks ? ",\"safety_checker\":[\"stable_diffusion\",\"StableDiffusionSafetyChecker\"]" : "")}}}
            """);
        return folder;
    }

    public static string Speech(string folder, string config = """{"model_type":"whisper","architectures":["WhisperForConditionalGeneration"]}""")
    {
        Write(Path.Combine(folder, "config.json"), config);
        WriteWeights(Path.Combine(folder, "model.safetensors"), "F16", 32, 1);
        return folder;
    }

    public static void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    public static void WriteWeights(string path, string type, int count, byte salt, int claimed = 1)
    {
        var size = type == "F32" ? 4 : 2;
        var header = Encoding.UTF8.GetBytes($$$"""{"__metadata__":{"format":"pt"},"w":{"dtype":"{{{type}}}","shape":[{{{count}}}],"data_offsets":[0,{{{count * size * claimed}}}]}}""");
        var file = new byte[8 + header.Length + (count * size)];
        BinaryPrimitives.WriteInt64LittleEndian(file, header.Length);
        header.CopyTo(file.AsSpan(8));
        file.AsSpan(8 + header.Length).Fill(salt);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, file);
    }
}
