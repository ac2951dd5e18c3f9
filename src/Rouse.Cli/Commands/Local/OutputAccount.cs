using System.Globalization;
using Rouse.Server;

namespace Rouse.Cli.Commands.Local;

/// <summary>Where what jobs make is kept, as the operator's environment says.</summary>
internal static class OutputAccount
{
    /// <summary>Addresses in answers are good for 25 hours, and what they lead to is kept as long; a year is a decision for an archive.</summary>
    private const int LeastHours = 26;
    private const int MostHours = 8_784;

    private const int MostGigabytes = 1_000_000;

    /// <exception cref="RouseHostException">A variable cannot be read.</exception>
    public static OutputHostOptions FromEnvironment(Func<string, string?> variable)
    {
        var standard = new OutputHostOptions();
        return new OutputHostOptions
        {
            ByUrl = Word("ROUSE_OUTPUTS_BY_URL") switch { null or "off" => false, "on" => true, _ => throw new RouseHostException("ROUSE_OUTPUTS_BY_URL is on or off.") },
            Folder = Word("ROUSE_OUTPUTS"),
            StoreUrl = Word("ROUSE_OUTPUTS_S3_URL"),
            AccessKeyId = Word("ROUSE_OUTPUTS_S3_ACCESS_KEY_ID"),
            SecretAccessKey = Word("ROUSE_OUTPUTS_S3_SECRET_ACCESS_KEY"),
            Endpoint = Word("ROUSE_OUTPUTS_S3_ENDPOINT_URL"),
            Region = Word("ROUSE_OUTPUTS_S3_REGION"),
            Keep = Number("ROUSE_OUTPUTS_KEEP_HOURS", LeastHours, MostHours) is { } hours ? TimeSpan.FromHours(hours) : standard.Keep,
            MaxTotal = Number("ROUSE_OUTPUTS_MAX_GB", 1, MostGigabytes) is { } gigabytes ? (long)gigabytes << 30 : standard.MaxTotal,
        };

        string? Word(string name) => variable(name)?.Trim() is { Length: > 0 } set ? set : null;

        int? Number(string name, int least, int most) => Word(name) is not { } text ? null
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number
            : throw new RouseHostException(string.Create(CultureInfo.InvariantCulture, $"{name} is '{text}'. Write {least} to {most}."));
    }
}
