using System.Text;
using Rouse.TestKit.Files;
using Rouse.Worker.ModelFiles;

namespace Rouse.Worker.Tests.ModelFiles;

public sealed class ContentTests
{
    private static readonly byte[] s_zip = [.. "PK\u0003\u0004"u8, .. new byte[2_000]];
    private static readonly byte[] s_pickle = [0x80, 0x02, .. "ctorch._utils\n_rebuild_tensor_v2\n"u8, .. new byte[2_000]];

    public static TheoryData<string, byte[], string> Wrong => new()
    {
        { "a.safetensors", s_zip, "model_file_pickle" },
        { "a.safetensors", s_pickle, "model_file_pickle" },
        { "a.gguf", s_zip, "model_file_pickle" },
        { "a.safetensors", [.. new byte[257], .. "ustar"u8, .. new byte[2_000]], "model_file_pickle" },
        { "a.safetensors", Encoding.ASCII.GetBytes("<!DOCTYPE html><title>Please sign in</title>" + new string(' ', 2_000)), "model_file_damaged" },
        { "a.gguf", Encoding.ASCII.GetBytes("\n <html>" + new string(' ', 2_000)), "model_file_damaged" },
        { "a.safetensors", new byte[2_000], "model_file_damaged" },
        { "a.safetensors", [1], "model_file_damaged" },
        { "a.safetensors", [], "model_file_damaged" },
        { "a.gguf", new byte[2_000], "model_file_damaged" },
        // Headers that lie: longer than the file, no JSON, no offsets, ending elsewhere.
        { "a.safetensors", [.. BitConverter.GetBytes(5_000UL), .. "{\"t\":{}}"u8, .. new byte[2_000]], "model_file_damaged" },
        { "a.safetensors", Header("{\"t\":{\"data_offsets\":[0,2000]}", 2_000), "model_file_damaged" },
        { "a.safetensors", Header("{\"t\":{\"dtype\":\"U8\"}}", 2_000), "model_file_damaged" },
        { "a.safetensors", Header("{\"t\":{\"data_offsets\":[0]}}", 2_000), "model_file_damaged" },
        { "a.safetensors", Header("{\"t\":{\"data_offsets\":[0,2001]}}", 2_000), "model_file_damaged" },
        { "a.safetensors", Header("{\"t\":{\"data_offsets\":[0,1999]}}", 2_000), "model_file_damaged" },
        { "a.safetensors", Header("{\"t\":{\"data_offsets\":[9,3]}}", 3), "model_file_damaged" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task Obtain_OfWhatIsNotWhatItsNameSays_ServesNothing(string name, byte[] content, string code)
    {
        await using var fixture = await LibraryFixture.StartAsync();

        var fault = await fixture.FaultAsync(fixture.Host.Add("/x", new HostedFile(content)), name);

        Assert.Equal(code, fault.Code);
        fixture.AssertNothingServed();
        Assert.Empty(Directory.GetFiles(fixture.Folder, "*rouse-part*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("a.ckpt")]
    [InlineData("a.pt")]
    [InlineData("a.PTH")]
    [InlineData("a.bin")]
    public async Task Obtain_OfAPickle_IsRefusedWithoutAQuestion_UnlessAllowed(string name)
    {
        await using var fixture = await LibraryFixture.StartAsync();
        var url = fixture.Host.Add("/x", new HostedFile(s_pickle));

        Assert.Equal("model_file_pickle", (await fixture.FaultAsync(url, name)).Code);
        Assert.Empty(fixture.Host.Requests);

        Assert.True((await fixture.ObtainAsync(url, name, settings: fixture.Settings with { AllowPickle = true })).WasFetched);
    }

    [Fact]
    public async Task Obtain_OfGguf_AndOfSafetensorsWithMetadata_Works()
    {
        await using var fixture = await LibraryFixture.StartAsync();
        var gguf = fixture.Host.Add("/g", new HostedFile([.. "GGUF"u8, .. new byte[2_000]]));
        var empty = fixture.Host.Add("/m", new HostedFile(Header("""{"__metadata__":{"format":"pt"}}""", 0)));

        Assert.Equal("m.gguf", (await fixture.ObtainAsync(gguf, "m.gguf")).Name);
        Assert.Equal("m.safetensors", (await fixture.ObtainAsync(empty, "m.safetensors")).Name);
    }

    private static byte[] Header(string json, int bytes) => [.. BitConverter.GetBytes((ulong)json.Length), .. Encoding.ASCII.GetBytes(json), .. new byte[bytes]];
}
