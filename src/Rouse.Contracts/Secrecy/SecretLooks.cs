namespace Rouse.Contracts.Secrecy;

/// <summary>Whether a word that nothing is known of may be shown: names, paths, numbers and addresses are made of short runs of letters and digits, keys of long mixed ones.</summary>
internal static class SecretLooks
{
    /// <summary>Characters of a run that mixes letters and digits: <c>python3</c>, <c>fp8e4m3</c>. Longer ones must change between the two once, as <c>dreamshaper8</c> does.</summary>
    private const int ShortMix = 7;

    /// <summary>Digits of those: <c>bfloat16</c> is a name, and <c>hunter2024</c> is what people take for a password.</summary>
    private const int FewDigits = 2;

    /// <summary>The same of one that could be hexadecimal.</summary>
    private const int ShortHex = 11;

    /// <summary>Characters of a run of letters or digits alone: longer than words and numbers are.</summary>
    private const int LongestRun = 28;

    /// <summary>Letters to one hump (<c>aB</c>) at least, in names such as <c>StableDiffusionPipeline</c>. Chance makes one of four.</summary>
    private const int LettersToAHump = 5;

    /// <summary>Of passwords; names, paths and addresses have none of them.</summary>
    private const string Odd = "!#$^\\";

    public static bool IsPlain(string word)
    {
        if (word.AsSpan().ContainsAny(Odd) || SecretShapes.Hide(word) != word) return false;
        for (var start = 0; start < word.Length; start++)
        {
            var end = start;
            while (end < word.Length && char.IsLetterOrDigit(word[end])) end++;
            if (!IsPlainRun(word.AsSpan(start, end - start))) return false;
            start = end;
        }

        return true;
    }

    private static bool IsPlainRun(ReadOnlySpan<char> run)
    {
        var (digits, changes, humps, isHex) = (0, 0, 0, true);
        for (var i = 0; i < run.Length; i++)
        {
            if (char.IsDigit(run[i])) digits++;
            isHex &= char.IsAsciiHexDigit(run[i]);
            if (i == 0) continue;
            if (char.IsDigit(run[i]) != char.IsDigit(run[i - 1])) changes++;
            if (char.IsLower(run[i - 1]) && char.IsUpper(run[i])) humps++;
        }

        if (digits > 0 && digits < run.Length) return run.Length <= ShortMix || (changes == 1 && digits <= FewDigits && run.Length <= (isHex ? ShortHex : LongestRun));
        return run.Length <= LongestRun && (humps <= 1 || humps * LettersToAHump <= run.Length);
    }
}
