using System.Text.Json;

namespace Rouse.Worker.Engines.Diffusers.Runners;

/// <summary>What the runner says of the model that it holds.</summary>
/// <param name="Pipeline">Its class.</param>
/// <param name="Takes">Names of the arguments that its call has.</param>
/// <param name="Defaults">Of those arguments, where they are numbers.</param>
/// <param name="SamplingRate">Of sound it hears, in Hz; null where it hears none.</param>
/// <param name="Speakers">Voices it has.</param>
/// <param name="TakesLanguage">It can be told what language it hears.</param>
/// <param name="DecodesSound">Recordings of any format can be taken.</param>
internal sealed record LoadedModel(
    string Pipeline, IReadOnlySet<string> Takes, IReadOnlyDictionary<string, double> Defaults, int? SamplingRate, int Speakers, bool TakesLanguage, bool DecodesSound)
{
    public static LoadedModel Read(JsonElement body) => new(
        body.GetProperty("pipeline").GetString()!,
        body.GetProperty("takes").EnumerateArray().Select(static name => name.GetString()!).ToHashSet(StringComparer.Ordinal),
        body.GetProperty("defaults").EnumerateObject().ToDictionary(static value => value.Name, static value => value.Value.GetDouble(), StringComparer.Ordinal),
        body.TryGetProperty("sampling_rate", out var rate) && rate.ValueKind == JsonValueKind.Number ? rate.GetInt32() : null,
        body.TryGetProperty("speakers", out var speakers) ? speakers.GetInt32() : 1,
        body.TryGetProperty("languages", out var languages) && languages.GetBoolean(),
        body.TryGetProperty("decodes", out var decodes) && decodes.GetBoolean());
}
