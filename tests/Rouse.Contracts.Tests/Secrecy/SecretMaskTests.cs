using Rouse.Contracts.Secrecy;

namespace Rouse.Contracts.Tests.Secrecy;

/// <summary>The secret vanishes and nothing else: what stands around it is what a person reads the log for.</summary>
public sealed class SecretMaskTests
{
    // Put together here, so that no scanner takes them for somebody's.
    private const string Hub = "hf_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZ01234567";
    private const string Runpod = "rpa_" + "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ0123";
    private const string OpenAi = "sk-" + "proj-abcDEF0123456789abcdef";
    private const string Webhook = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private const string Aws = "AKIA" + "IOSFODNN7EXAMPLE";

    [Theory]
    [InlineData("tokenizer loaded from tokenizer/vocab.json")]
    [InlineData("hf_model_id=org/name hf_token is not set, hf_hub_download and hf_transfer are used")]
    [InlineData("secret sauce, secretary, api_key missing, no api key, password required")]
    [InlineData("Bearer token is missing; send it as Authorization: Bearer <key>")]
    [InlineData("max_new_tokens=77, pad_token_id=1, token 49407, bos_token: <|startoftext|>")]
    [InlineData("scikit-learn, task-specific, risk-averse-and-long-winded, sk-learn-like-estimator-names")]
    [InlineData("GET https://huggingface.co/org/name/resolve/main/unet/model.onnx?download=true 200")]
    [InlineData("rpa_ prefix, whsec_ prefix, hf_ prefix, sk- prefix, AKIA prefix")]
    [InlineData("see https://user@example.com/path and mailto:someone@example.com")]
    [InlineData("sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 matches")]
    [InlineData("basic authentication, basic diffusion, key=value keyed by monkey=banana")]
    [InlineData("commit 2f3d9c0b7f1e4f0f8e6f3b1e3a4c5d6e7f8a9b0c, seed 42, steps 28, 512x512")]
    public void OrdinaryLines_StayAsTheyAre(string line) => Assert.Equal(line, SecretMask.Shapes.Apply(line));

    [Theory]
    [InlineData("hf_token " + Hub + " for the tokenizer", "hf_token *** for the tokenizer")]
    [InlineData("RUNPOD_API_KEY=" + Runpod, "RUNPOD_API_KEY=***")]
    [InlineData("key '" + OpenAi + "' refused", "key '***' refused")]
    [InlineData("signed with " + Webhook + ".", "signed with ***.")]
    [InlineData("AWS_ACCESS_KEY_ID=" + Aws + " region=eu", "AWS_ACCESS_KEY_ID=*** region=eu")]
    [InlineData("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "aws_secret_access_key = ***")]
    [InlineData("{\"secret_access_key\": \"wJalrXUtnFEMIK7MDENG\"}", "{\"secret_access_key\": \"***\"}")]
    [InlineData("Authorization: Bearer abcdefghijklmnop.qrstuv", "Authorization: Bearer ***")]
    [InlineData("authorization: basic dXNlcjpwYXNzd29yZDEyMw==", "authorization: basic ***")]
    [InlineData("postgres://rouse:pa55w0rd@db:5432/rouse refused", "postgres://rouse:***@db:5432/rouse refused")]
    [InlineData("clone https://0123456789abcdef0123@github.com/a/b", "clone https://***@github.com/a/b")]
    [InlineData(
        "PUT https://s3.example.com/b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AK%2F20260101&X-Amz-Signature=fe5f80f77d5f&X-Amz-Expires=60 403",
        "PUT https://s3.example.com/b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=***&X-Amz-Signature=***&X-Amz-Expires=60 403")]
    [InlineData("GET https://example.com/cb?secret=abc123&x=1", "GET https://example.com/cb?secret=***&x=1")]
    [InlineData("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N end", "jwt *** end")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\\nMIIE\\n-----END RSA PRIVATE KEY----- was read", "*** was read")]
    [InlineData("two: " + Hub + " and " + Runpod, "two: *** and ***")]
    public void WhatLooksLikeAKey_IsHidden_AndNothingAroundIt(string line, string shown) => Assert.Equal(shown, SecretMask.Shapes.Apply(line));

    [Fact]
    public void KnownSecrets_AreHiddenByValue_AlsoWhereTheyStandInAUrl_AndTheLongerFirst()
    {
        var mask = new SecretMask(["plain+secret/1", "plain+secret/1-and-more", "short"]);
        Assert.Equal("a *** b *** c ***, short", mask.Apply("a plain+secret/1 b plain%2Bsecret%2F1 c plain+secret/1-and-more, short"));
    }

    [Theory]
    [InlineData("one\r\ntwo\nthree\rfour", @"one\ntwo\nthree\nfour")]
    [InlineData("next\u2028line\u2029and\u0085so", @"next\nline\nand\nso")]
    [InlineData("\u001b[2Jcleared\u0007\0", "\uFFFD[2Jcleared\uFFFD\uFFFD")]
    [InlineData("tab\tstays, ü and 猫 too", "tab\tstays, ü and 猫 too")]
    public void ALine_StaysOneLine_AndSteersNoTerminal(string text, string line) => Assert.Equal(line, LogText.OneLine(text));

    [Fact]
    public void ALongHostileLine_IsLookedThroughInNoTime()
    {
        // What a careless pattern would go over again and again.
        foreach (var text in new[] { "://", "eyJaaaaaaaaa.", "-----BEGIN PRIVATE KEY-----", "a@", "sk-a-", "?key=", "bearer ", "password=" })
        {
            var line = string.Concat(Enumerable.Repeat(text, 8192 / text.Length));
            // The best of three: a machine that stands still for a moment says nothing of a pattern.
            Assert.InRange(Enumerable.Range(0, 3).Min(_ => Seconds(line)), 0, 1);
        }
    }

    private static double Seconds(string line)
    {
        var started = TimeProvider.System.GetTimestamp();
        SecretMask.Shapes.Apply(line);
        return TimeProvider.System.GetElapsedTime(started).TotalSeconds;
    }
}
