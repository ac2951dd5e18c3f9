using System.Text.Json.Nodes;

namespace Rouse.FakeRunpod.Http;

/// <summary>The container settings that templates, pods and endpoints share.</summary>
internal static class ContainerBody
{
    private static readonly string[] s_names = ["image", "args", "disk", "ports", "env", "registry"];

    public static readonly (string Name, Rule Rule)[] Members =
    [
        ("args", Rules.Text()), ("disk", Rules.Whole(1)), ("env", Rules.Texts), ("image", Rules.Text()), ("ports", Rules.ListOf(Rules.Text())),
        ("registry", Rules.OrNull(Rules.Text())),
    ];

    /// <summary>Container disk in GB where none is asked for.</summary>
    private const int DefaultDisk = 20;

    public static JsonObject Defaults() => new()
    {
        ["image"] = "",
        ["args"] = "",
        ["disk"] = DefaultDisk,
        ["ports"] = new JsonArray(),
        ["env"] = new JsonObject(),
        ["registry"] = null,
    };

    /// <summary>Puts what <paramref name="source"/> names over <paramref name="settings"/>. With <paramref name="mergeEnv"/> variables of the source win one by one.</summary>
    public static void Apply(JsonObject settings, JsonObject? source, bool mergeEnv = false)
    {
        foreach (var name in s_names.Where(name => source?.ContainsKey(name) is true))
        {
            var value = source![name]?.DeepClone();
            if (name == "env" && mergeEnv && settings["env"] is JsonObject env)
            {
                foreach (var (key, text) in (JsonObject)value!) env[key] = text?.DeepClone();
            }
            else
            {
                settings[name] = value;
            }
        }
    }
}
