using System.Globalization;
using System.Text.Json;

namespace Rouse.TestKit.WebUi;

/// <summary>What FastAPI with pydantic 1 finds wrong with a body: as lenient with types, and in the same words. Members it does not know are passed over.</summary>
internal static class FieldCheck
{
    /// <returns>Members of a 422's <c>detail</c>; empty when all is well.</returns>
    public static List<object> Run(string call, JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object) return [Fault("value is not a valid dict", "type_error.dict")];
        var faults = new List<object>();
        foreach (var (name, type) in WebUiFields.Calls[call])
        {
            if (!body.TryGetProperty(name, out var value)) continue;
            // Every member of the two drawing calls is Optional; those of the extras are not.
            if (value.ValueKind == JsonValueKind.Null && call.EndsWith("2img", StringComparison.Ordinal)) continue;
            if (Wrong(type, value) is var (words, code)) faults.Add(Fault(words, code, name));
        }

        if (call == "extra-batch-images" && !body.TryGetProperty("imageList", out _)) faults.Add(Fault("field required", "value_error.missing", "imageList"));
        return faults;
    }

    private static (string Words, string Code)? Wrong(FieldType type, JsonElement value) => type switch
    {
        FieldType.Text when value.ValueKind is not (JsonValueKind.String or JsonValueKind.Number) => ("str type expected", "type_error.str"),
        FieldType.Whole when AsNumber(value) is null => ("value is not a valid integer", "type_error.integer"),
        FieldType.Number when AsNumber(value) is null => ("value is not a valid float", "type_error.float"),
        FieldType.Switch when !IsSwitch(value) => ("value could not be parsed to a boolean", "type_error.bool"),
        FieldType.Texts when value.ValueKind != JsonValueKind.Array || value.EnumerateArray().Any(static item => item.ValueKind != JsonValueKind.String) => ("value is not a valid list", "type_error.list"),
        FieldType.List when value.ValueKind != JsonValueKind.Array => ("value is not a valid list", "type_error.list"),
        FieldType.Object when value.ValueKind != JsonValueKind.Object => ("value is not a valid dict", "type_error.dict"),
        FieldType.ZeroOrOne when AsNumber(value) is not (0 or 1) => ("unexpected value; permitted: 0, 1", "value_error.const"),
        FieldType.Share when AsNumber(value) is not (>= 0 and <= 1) => ("ensure this value is less than or equal to 1", "value_error.number.not_le"),
        _ => null,
    };

    private static double? AsNumber(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDouble(),
        JsonValueKind.True => 1,
        JsonValueKind.False => 0,
        JsonValueKind.String when double.TryParse(value.GetString(), CultureInfo.InvariantCulture, out var number) => number,
        _ => null,
    };

    private static bool IsSwitch(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => true,
        JsonValueKind.Number => value.GetDouble() is 0 or 1,
        JsonValueKind.String => value.GetString()!.ToUpperInvariant() is "0" or "1" or "OFF" or "ON" or "F" or "T" or "FALSE" or "TRUE" or "N" or "Y" or "NO" or "YES",
        _ => false,
    };

    private static object Fault(string words, string code, string? name = null) => new { loc = name is null ? (string[])["body"] : ["body", name], msg = words, type = code };
}
