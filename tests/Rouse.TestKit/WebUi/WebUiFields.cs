namespace Rouse.TestKit.WebUi;

/// <summary>The types of pydantic that the WebUI's API is made of.</summary>
internal enum FieldType
{
    Text,
    Whole,
    Number,
    Switch,
    Texts,
    List,
    Object,

    /// <summary><c>Literal[0, 1]</c>.</summary>
    ZeroOrOne,

    /// <summary>From 0 to 1, both included.</summary>
    Share,
}

/// <summary>Members of the calls of WebUI v1.9.3, by its <c>modules/api/models.py</c> and the parameters of its <c>StableDiffusionProcessing</c> classes.</summary>
internal static class WebUiFields
{
    private static readonly Dictionary<string, FieldType> s_common = Of(
        (FieldType.Text, "prompt negative_prompt sampler_name scheduler refiner_checkpoint firstpass_image sampler_index script_name force_task_id infotext"),
        (FieldType.Texts, "styles"),
        (FieldType.Whole, "seed subseed seed_resize_from_h seed_resize_from_w batch_size n_iter steps width height"),
        (FieldType.Number, "subseed_strength cfg_scale eta denoising_strength s_min_uncond s_churn s_tmax s_tmin s_noise refiner_switch_at"),
        (FieldType.Switch, "restore_faces tiling do_not_save_samples do_not_save_grid override_settings_restore_afterwards disable_extra_networks send_images save_images"),
        (FieldType.Object, "override_settings comments alwayson_scripts"),
        (FieldType.List, "script_args"));

    private static readonly Dictionary<string, FieldType> s_extras = Of(
        (FieldType.ZeroOrOne, "resize_mode"),
        (FieldType.Switch, "show_extras_results upscaling_crop upscale_first"),
        (FieldType.Share, "gfpgan_visibility codeformer_visibility codeformer_weight extras_upscaler_2_visibility"),
        (FieldType.Number, "upscaling_resize"),
        (FieldType.Whole, "upscaling_resize_w upscaling_resize_h"),
        (FieldType.Text, "upscaler_1 upscaler_2"));

    /// <summary>Such as <c>txt2img</c>.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyDictionary<string, FieldType>> Calls { get; } = new Dictionary<string, IReadOnlyDictionary<string, FieldType>>(StringComparer.Ordinal)
    {
        ["txt2img"] = With(
            s_common,
            (FieldType.Switch, "enable_hr"),
            (FieldType.Whole, "firstphase_width firstphase_height hr_second_pass_steps hr_resize_x hr_resize_y"),
            (FieldType.Number, "hr_scale"),
            (FieldType.Text, "hr_upscaler hr_checkpoint_name hr_sampler_name hr_scheduler hr_prompt hr_negative_prompt")),
        ["img2img"] = With(
            s_common,
            (FieldType.List, "init_images"),
            (FieldType.Whole, "resize_mode mask_blur_x mask_blur_y mask_blur inpainting_fill inpaint_full_res_padding inpainting_mask_invert"),
            (FieldType.Number, "image_cfg_scale initial_noise_multiplier"),
            (FieldType.Switch, "mask_round inpaint_full_res include_init_images"),
            (FieldType.Text, "mask latent_mask")),
        ["extra-single-image"] = With(s_extras, (FieldType.Text, "image")),
        ["extra-batch-images"] = With(s_extras, (FieldType.List, "imageList")),
    };

    /// <summary>Names of samplers; since 1.9 a schedule such as Karras is a member of its own.</summary>
    public static IReadOnlyList<string> Samplers { get; } =
    [
        "DPM++ 2M", "DPM++ SDE", "DPM++ 2M SDE", "DPM++ 2M SDE Heun", "DPM++ 2S a", "DPM++ 3M SDE", "Euler a", "Euler", "LMS", "Heun", "DPM2", "DPM2 a",
        "DPM fast", "DPM adaptive", "Restart", "DDIM", "PLMS", "UniPC",
    ];

    private static Dictionary<string, FieldType> Of(params (FieldType Type, string Names)[] groups) =>
        groups.SelectMany(static group => group.Names.Split(' ').Select(name => (name, group.Type))).ToDictionary(StringComparer.Ordinal);

    private static Dictionary<string, FieldType> With(Dictionary<string, FieldType> common, params (FieldType Type, string Names)[] more) =>
        common.Concat(Of(more)).ToDictionary(StringComparer.Ordinal);
}
