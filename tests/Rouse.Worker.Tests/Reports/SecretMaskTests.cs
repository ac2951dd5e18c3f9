using Rouse.Worker.Reports;

namespace Rouse.Worker.Tests.Reports;

public sealed class SecretMaskTests
{
    [Fact]
    public void OnlyTheSecretItselfIsHidden_NotWordsThatLookLikeOne()
    {
        var mask = new SecretMask(["hf_abcdefghijklmnop"]);
        Assert.Equal(
            "hf_model_id org/name, hf_token ***, tokenizer hf_abcdefg",
            mask.Apply("hf_model_id org/name, hf_token hf_abcdefghijklmnop, tokenizer hf_abcdefg"));
    }
}
