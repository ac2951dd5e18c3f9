using System.Net.Http.Headers;
using System.Text.Json;
using Rouse.Core.Hardware;
using Rouse.Core.Models;
using Rouse.Core.Tenancy;

namespace Rouse.Server.Hub;

/// <summary>
/// Looks at one repository: its listing, the parts of its pipeline, and the headers of the weights that a worker would load, so some KiB of
/// what may be many GB. Reading the first file also shows whether the token opens a gated repository, which its listing does not.
/// </summary>
internal sealed class HubInspector(HubHttp http, HubOptions options)
{
    /// <summary>Holds the header of most files, so that one request does.</summary>
    private const int FirstBytes = 256 << 10;

    /// <summary>Parameter counts are those of the chosen weights when their sizes agree this well.</summary>
    private const double SameSize = 0.02;

    public async Task<HubLook> InspectAsync(ModelRef model, Secret? token, FormatPolicy policy, CancellationToken ct)
    {
        var path = $"/api/models/{model.Id}/revision/{Uri.EscapeDataString(model.Revision ?? "main")}?blobs=true";
        var answer = await http.GetAsync(path, token, range: null, options.MaxListingBytes, ct);
        if (!answer.IsGood) return HubFault.From(answer, model, token is not null, http.Endpoint);
        if (Listing.Read(answer.Body) is not { } listing) return HubFault.Unavailable(http.Endpoint, "its listing cannot be read");
        if (listing.IsDisabled) return HubFault.Unusable($"The hub has disabled {model.Id}. Choose another repository.");
        if (listing.Facts(model, options.MaxWeightFiles) is not { } listed)
        {
            return HubFault.Unusable($"{model.Id} has more than {options.MaxWeightFiles} weights files. Choose a repository of one model.");
        }

        if (!(await WithPipelineAsync(listed, token, ct)).TryGet(out var facts, out var fault)) return fault;
        facts = facts with { Weights = policy.Choose(facts.Files, facts.Components) };
        if (facts.Weights.Any(file => file.Bytes < 0))
        {
            return HubFault.Unusable($"The hub does not tell the size of the weights of {model.Id}, so no GPU can be chosen for it.");
        }

        return Explains(listing.Parameters, facts) ? facts with { Parameters = listing.Parameters } : await WithHeadersAsync(facts, token, ct);
    }

    private async Task<HubLook> WithPipelineAsync(ModelFacts facts, Secret? token, CancellationToken ct)
    {
        var first = facts.Files.FirstOrDefault(file => file.Path == PipelineIndex.Path) ?? (facts.IsGated ? facts.Files.FirstOrDefault() : null);
        if (first is null) return facts;
        var read = await http.GetAsync(Address(facts, first), token, new RangeHeaderValue(0, PipelineIndex.MaxBytes - 1), PipelineIndex.MaxBytes, ct);
        if (!read.IsGood) return HubFault.From(read, facts.Model, token is not null, http.Endpoint);
        if (first.Path != PipelineIndex.Path) return facts;
        return PipelineIndex.Parse(read.Body) is { } index
            ? facts with { Pipeline = index.ClassName ?? "pipeline without a name", Components = index.Components }
            : HubFault.Unusable($"The {PipelineIndex.Path} of {facts.Model.Id} cannot be read. Choose another revision.");
    }

    private static bool Explains(IReadOnlyDictionary<string, long> parameters, ModelFacts facts) =>
        parameters.Count > 0 && VramEstimate.StoredSize(parameters) is { } size
        && Math.Abs(size - facts.WeightBytes) <= facts.WeightBytes * SameSize;

    private async Task<HubLook> WithHeadersAsync(ModelFacts facts, Secret? token, CancellationToken ct)
    {
        var files = facts.Weights.Where(file => file.Format == WeightFormat.Safetensors).ToList();
        if (files.Count == 0 || files.Count > options.MaxHeaders) return facts;
        var read = new HeaderRead[files.Count];
        await Parallel.ForAsync(0, files.Count, new ParallelOptions { MaxDegreeOfParallelism = options.ParallelHeaders, CancellationToken = ct }, async (i, stop) =>
            read[i] = await ReadHeaderAsync(facts, files[i], token, stop));
        if (Array.Find(read, header => header.Fault is not null).Fault is { } fault) return fault;
        // One header that cannot be read leaves the sum unknown, and the files' sizes stand in for it.
        if (Array.Exists(read, header => header.Parameters is null)) return facts;
        var byType = read.SelectMany(header => header.Parameters!).GroupBy(entry => entry.Key, StringComparer.Ordinal);
        var sums = byType.ToDictionary(group => group.Key, group => group.Sum(entry => entry.Value), StringComparer.Ordinal);
        // A header may say anything; what it says must account for the bytes that are there.
        return Explains(sums, facts) ? facts with { Parameters = sums } : facts;
    }

    private async Task<HeaderRead> ReadHeaderAsync(ModelFacts facts, ModelFile file, Secret? token, CancellationToken ct)
    {
        var start = await RangeAsync(0, FirstBytes);
        if (!start.IsGood) return Failed(start);
        if (SafetensorsHeader.LengthOf(start.Body) is not { } length || length > options.MaxHeaderBytes) return default;
        var end = SafetensorsHeader.LengthBytes + (int)length;
        if (end <= start.Body.Length) return new(SafetensorsHeader.Parse(start.Body.AsSpan(SafetensorsHeader.LengthBytes, (int)length)), null);
        var rest = await RangeAsync(start.Body.Length, end);
        if (!rest.IsGood) return Failed(rest);
        // 200 means that it began at the beginning again.
        byte[] whole = rest.Status == 206 ? [.. start.Body, .. rest.Body] : rest.Body;
        return whole.Length < end ? default : new(SafetensorsHeader.Parse(whole.AsSpan(SafetensorsHeader.LengthBytes, (int)length)), null);

        Task<HubAnswer> RangeAsync(int from, int to) => http.GetAsync(Address(facts, file), token, new RangeHeaderValue(from, to - 1), to, ct);
        HeaderRead Failed(HubAnswer answer) => new(null, HubFault.From(answer, facts.Model, token is not null, http.Endpoint));
    }

    private static string Address(ModelFacts facts, ModelFile file) =>
        $"/{facts.Model.Id}/resolve/{facts.Commit}/{string.Join('/', file.Path.Split('/').Select(Uri.EscapeDataString))}";

    /// <summary>Neither: the file has no header that could be read.</summary>
    private readonly record struct HeaderRead(IReadOnlyDictionary<string, long>? Parameters, HubFault? Fault);
}
