using System.Security.Cryptography;
using Rouse.Gateway.Forwarding;

namespace Rouse.Gateway.Tests.Forwarding;

public sealed class BodySpoolTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(BodySpool.InMemory)]
    [InlineData(BodySpool.InMemory + 1)]
    [InlineData(500_000)]
    public async Task ABody_CanBeReadAgainAsItWas_AndLeavesNoFile(int length)
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var body = Enumerable.Range(0, length).Select(i => (byte)(i * 31 % 253)).ToArray();
            using var spool = await BodySpool.ReadAsync(new MemoryStream(body), 500_000, folder.FullName, CancellationToken.None);
            Assert.Equal(length, spool!.Length);
            Assert.Equal(SHA256.HashData(body), spool.Sha256);
            Assert.Empty(folder.GetFiles());
            for (var i = 0; i < 2; i++)
            {
                using var copy = new MemoryStream();
                await spool.Open().CopyToAsync(copy);
                Assert.Equal(body, copy.ToArray());
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(200_000)]
    public async Task ABodyThatIsTooLong_IsNotKept(int most)
    {
        Assert.Null(await BodySpool.ReadAsync(new MemoryStream(new byte[most + 1]), most, Path.GetTempPath(), CancellationToken.None));
        using var kept = await BodySpool.ReadAsync(new MemoryStream(new byte[most]), most, Path.GetTempPath(), CancellationToken.None);
        Assert.Equal(most, kept!.Length);
    }
}
