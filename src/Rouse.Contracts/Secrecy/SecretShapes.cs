using System.Text.RegularExpressions;

namespace Rouse.Contracts.Secrecy;

/// <summary>
/// Hides what looks like a secret, and only that: a line that speaks of a tokenizer, of <c>hf_model_id</c> or of a missing bearer token stays
/// readable. The second net, for secrets that nobody here knows; those that are known are hidden by value (<see cref="SecretMask"/>).
/// </summary>
public static partial class SecretShapes
{
    public static string Hide(string text)
    {
        try
        {
            // Most lines hold none of the marks: they cost one look.
            return Mark().IsMatch(text) ? Behind().Replace(Key().Replace(text, "***"), "***") : text;
        }
        catch (RegexMatchTimeoutException)
        {
            // Rather no line than one that was not looked through.
            return "***";
        }
    }

    [GeneratedRegex(@"hf_|rp[as]_|sk[-_]|whsec_|gh[opsu]_|github_pat_|xox|AIza|eyJ|A[KS]IA|://|bearer|basic|[?&]|password|secret|session_token|PRIVATE KEY", Options, MatchMilliseconds)]
    private static partial Regex Mark();

    // Keys that say themselves what they are: prefix, and as many characters as theirs have at least. Names such as hf_model_id are words with
    // underscores; no key of the hub has one.
    [GeneratedRegex(
        """
        \b(
          hf_[a-z0-9]{16,}
        | rp[as]_[a-z0-9]{12,}
        | (sk|rk|pk)_(live|test)_[a-z0-9]{12,}
        | sk-(?=[a-z_-]*[0-9])[a-z0-9_-]{16,}
        | whsec_[a-z0-9+/=_-]{16,}
        | gh[opsu]_[a-z0-9]{20,} | github_pat_[a-z0-9_]{20,}
        | xox[abeprs]-[a-z0-9-]{10,}
        | AIza[a-z0-9_-]{30,}
        | eyJ[a-z0-9_-]{8,}\.[a-z0-9_-]{8,}(\.[a-z0-9_-]*)?
        | (?-i:A[KS]IA[A-Z0-9]{16})
        )
        | -----BEGIN\ [a-z ]*PRIVATE\ KEY-----((?!-----END).)*(-----END\ [a-z ]*PRIVATE\ KEY-----)?
        """, Options | RegexOptions.IgnorePatternWhitespace | RegexOptions.Singleline, MatchMilliseconds)]
    private static partial Regex Key();

    // Values whose place says what they are: credentials in a header or an assignment, in a URL's user part, in a signed URL's query.
    [GeneratedRegex(
        """
          (?<=\b(bearer|basic)[\ +])[a-z0-9._~+/=-]{16,}
        | (?<=://[^\s/:@"']{0,128}:)[^\s/@"']+(?=@)
        | (?<=://)[^\s/:@"']{16,}(?=@)
        | (?<=[?&](x-amz-signature|x-amz-credential|x-amz-security-token|x-goog-signature|x-goog-credential|awsaccesskeyid|signature|sig|token|access_token|api_?key|key|secret|password)=)[^&\s"'<>]+
        | (?<=\b(aws_)?(secret_access_key|session_token)["']?\s?[=:]\s?["']?)[^\s"',;]{8,}
        | (?<=\b(password|client_secret)["']?\s?[=:]\s?["']?)[^\s"',;]{4,}
        """, Options | RegexOptions.IgnorePatternWhitespace, MatchMilliseconds)]
    private static partial Regex Behind();

    /// <summary>The longest line takes a hundredth of this.</summary>
    private const int MatchMilliseconds = 1000;

    private const RegexOptions Options = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;
}
