using System.Security.Cryptography;
using System.Text;

namespace Rouse.TestKit.Hub;

/// <summary>A repository of a <see cref="FakeHub"/>, with one branch, <c>main</c>.</summary>
public sealed class FakeRepository
{
    private readonly List<FakeFile> _files = [];

    public FakeRepository(string id)
    {
        Id = id;
        Commit = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)))[..40];
    }

    public string Id { get; }

    /// <summary>What <c>main</c> points to.</summary>
    public string Commit { get; }

    public IReadOnlyList<FakeFile> Files => _files;

    /// <summary>Terms must be accepted: files are refused without <see cref="FakeHub.Token"/>.</summary>
    public bool IsGated { get; init; }

    /// <summary>Unknown to whoever has no token.</summary>
    public bool IsPrivate { get; init; }

    /// <summary>The listing's <c>pipeline_tag</c>; null leaves it out.</summary>
    public string? PipelineTag { get; init; }

    /// <summary>The listing's parameter counts by type; empty leaves them out.</summary>
    public IReadOnlyDictionary<string, long> Parameters { get; init; } = new Dictionary<string, long>(StringComparer.Ordinal);

    /// <summary>For searches.</summary>
    public long Downloads { get; init; }

    /// <summary>Names that the listing shows besides the files: what a hostile hub could say.</summary>
    public IList<string> ListedNames { get; } = [];

    /// <summary>Bytes that the listing claims for every file beyond its size.</summary>
    public long ListedExtraSize { get; set; }

    public FakeRepository With(params FakeFile[] files)
    {
        _files.AddRange(files);
        return this;
    }

    /// <summary>The smallest layout a text-to-image repository may have, with weights of the given size in all.</summary>
    public FakeRepository WithPipeline(long weights = 300_000) => With(
        FakeFile.Of("model_index.json", "{}"u8.ToArray()),
        FakeFile.Of("tokenizer/vocab.json", """{"a":1}"""u8.ToArray()),
        FakeFile.Of("tokenizer/merges.txt", "a b\n"u8.ToArray()),
        FakeFile.Sized("unet/model.onnx", weights / 2),
        FakeFile.Sized("vae_decoder/model.onnx", weights - (weights / 2)));
}
