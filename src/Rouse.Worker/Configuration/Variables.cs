using System.Globalization;

namespace Rouse.Worker.Configuration;

/// <summary>Reads single variables of the environment. The first fault is kept in <see cref="Fault"/>, worded for the person who set the variable.</summary>
internal sealed class Variables(Func<string, string?> variable)
{
    public string? Fault { get; private set; }

    /// <summary>Without white space around it; null where it is absent or empty.</summary>
    public string? Optional(string name) => variable(name) is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;

    /// <param name="name">Of the variable.</param>
    /// <param name="fallback">Where it is absent.</param>
    /// <param name="min">Least that is taken.</param>
    /// <param name="max">Most that is taken.</param>
    public int Number(string name, int fallback, int min, int max)
    {
        if (Optional(name) is not { } text) return fallback;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max) return value;
        Fail(string.Create(CultureInfo.InvariantCulture, $"{name} must be a whole number from {min} to {max}."));
        return fallback;
    }

    /// <summary><c>1</c> or <c>0</c>.</summary>
    public bool Switch(string name, bool fallback)
    {
        var value = Optional(name);
        if (value is not (null or "0" or "1")) Fail($"{name} must be 0 or 1.");
        return value is null ? fallback : value is "1";
    }

    public static bool IsHttp(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps);

    public T? Fail<T>(string fault)
        where T : class
    {
        Fail(fault);
        return null;
    }

    public void Fail(string fault) => Fault ??= fault;
}
