using System.Reflection;
using Rouse.Server.Http;

namespace Rouse.Fuzz.Checks;

/// <summary>Every code the server has a name for, found where they are declared: one that is answered and not among them was made up on the way.</summary>
internal static class ProblemCodes
{
    public static IReadOnlyDictionary<string, int> All { get; } = typeof(ErrorCode).Assembly.GetTypes()
        .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
        .Where(field => field.FieldType == typeof(ErrorCode))
        .Select(field => (ErrorCode)field.GetValue(null)!)
        .DistinctBy(code => code.Code)
        .ToDictionary(code => code.Code, code => code.Status, StringComparer.Ordinal);
}
