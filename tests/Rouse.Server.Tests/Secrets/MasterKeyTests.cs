using System.Security.Cryptography;
using System.Text;
using Rouse.Core.Tenancy;
using Rouse.Server.Secrets;

namespace Rouse.Server.Tests.Secrets;

public sealed class MasterKeyTests
{
    private static readonly MasterKey s_key = new(RandomNumberGenerator.GetBytes(MasterKey.Bytes));

    [Fact]
    public void Sealed_OpensUnderItsNameAndKeyOnly_AndNotWhenAnyByteWasChanged()
    {
        var box = s_key.Seal("ring:a", "the key"u8);
        Assert.Equal("the key", Encoding.UTF8.GetString(s_key.Open("ring:a", box)));
        Assert.ThrowsAny<CryptographicException>(() => s_key.Open("ring:b", box));
        Assert.ThrowsAny<CryptographicException>(() => new MasterKey(RandomNumberGenerator.GetBytes(MasterKey.Bytes)).Open("ring:a", box));
        for (var i = 0; i < box.Length; i++)
        {
            var changed = (byte[])box.Clone();
            changed[i] ^= 1;
            Assert.ThrowsAny<CryptographicException>(() => s_key.Open("ring:a", changed));
            Assert.ThrowsAny<CryptographicException>(() => s_key.Open("ring:a", box[..i]));
        }
    }

    [Fact]
    public void SealedTwice_IsNotTheSame() => Assert.NotEqual(s_key.Seal("a", "x"u8), s_key.Seal("a", "x"u8));

    [Theory]
    [InlineData("")]
    [InlineData("c2hvcnQ=")]
    [InlineData("not base64, whatever it may be, not base64!!")]
    public void TextThatIsNoKey_IsNone(string text) => Assert.Null(MasterKey.TryParse(new Secret(text + " ")));

    [Fact]
    public void Text_OfThirtyTwoBytes_IsAKey_AndIsNotPrinted()
    {
        var text = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        var key = MasterKey.TryParse(new Secret(text + "\n"))!;
        Assert.DoesNotContain(text[..8], key.ToString(), StringComparison.Ordinal);
        Assert.Equal(key.Id, MasterKey.TryParse(new Secret(text))!.Id);
        Assert.Null(MasterKey.TryParse(new Secret(Convert.ToBase64String(RandomNumberGenerator.GetBytes(33)))));
    }
}
