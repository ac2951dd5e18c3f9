using System.Text.RegularExpressions;

namespace Rouse.Cli.Settings;

/// <summary>
/// A secret of Google's Secret Manager as a setting names it: <c>sm://NAME</c>, <c>sm://NAME/VERSION</c>, <c>sm://projects/P/secrets/NAME</c> or that with
/// <c>/versions/VERSION</c>. The version is <c>latest</c> where none is named, the project the server's own.
/// </summary>
internal sealed partial record SecretReference(string? Project, string Name, string Version)
{
    public const string Scheme = "sm://";

    public static SecretReference? TryParse(string text)
    {
        if (!text.StartsWith(Scheme, StringComparison.Ordinal)) return null;
        var match = Form().Match(text[Scheme.Length..]);
        return match.Success ? new SecretReference(Part("project"), Part("name")!, Part("version") ?? "latest") : null;

        string? Part(string group) => match.Groups[group] is { Success: true } found ? found.Value : null;
    }

    // Nothing that could lead to another path: letters, digits, hyphen and underscore; projects also as "domain.org:name".
    [GeneratedRegex(
        @"^(projects/(?<project>[A-Za-z0-9.:-]{1,100})/secrets/(?<name>[A-Za-z0-9_-]{1,255})(/versions/(?<version>[A-Za-z0-9_-]{1,63}))?|(?<name>[A-Za-z0-9_-]{1,255})(/(?<version>[A-Za-z0-9_-]{1,63}))?)\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Form();
}
