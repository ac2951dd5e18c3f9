using System.Buffers.Binary;
using System.Text;
using Rouse.Worker.Engines.Diffusers.Runners;

namespace Rouse.Worker.Tests.Engines.Diffusers;

public sealed class FramesTests
{
    [Fact]
    public async Task AFrame_IsReadAsItWasWritten_AndOneThatIsCutIsTheEnd()
    {
        using var pipe = new MemoryStream();
        await Frames.WriteAsync(pipe, static json => json.WriteString("answer", "made"), new byte[] { 1, 2, 3 }, CancellationToken.None);
        var written = pipe.ToArray();

        var read = (await Frames.ReadAsync(new MemoryStream(written), CancellationToken.None))!;
        Assert.Equal("made", read.Kind);
        Assert.Equal([1, 2, 3], read.Payload.ToArray());
        for (var length = 0; length < written.Length; length++) Assert.Null(await Frames.ReadAsync(new MemoryStream(written, 0, length), CancellationToken.None));
    }

    [Theory]
    [InlineData(-1, 0, "")]
    [InlineData(1, 0, "{")]
    [InlineData(2, -1, "{}")]
    [InlineData(Frames.MaxJson + 1, 0, "")]
    [InlineData(2, Frames.MaxPayload + 1, "{}")]
    [InlineData(2, 0, "{}")]
    [InlineData(2, 0, "[]")]
    [InlineData(2, 0, "no")]
    [InlineData(15, 0, """{"answer":null}""")]
    [InlineData(12, 0, """{"answer":1}""")]
    public async Task WhatIsNoFrame_IsToldAsThat(int json, int payload, string text)
    {
        var bytes = new byte[8 + text.Length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, json);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), payload);
        Encoding.ASCII.GetBytes(text, bytes.AsSpan(8));
        await Assert.ThrowsAsync<InvalidDataException>(() => Frames.ReadAsync(new MemoryStream(bytes), CancellationToken.None));
    }
}
