using Rouse.Fuzz.Cases;

namespace Rouse.Fuzz.Run;

/// <summary>Takes away from a case what its fault does not need.</summary>
internal static class Shrinker
{
    /// <summary>Cases sent to shrink one: more would keep a person waiting.</summary>
    private const int MostTries = 400;

    /// <param name="breaks">Whether a smaller case still breaks the same promise.</param>
    public static async Task<FuzzCase> ShrinkAsync(FuzzCase one, Func<FuzzCase, Task<bool>> breaks)
    {
        for (var tries = 0; tries < MostTries;)
        {
            FuzzCase? smaller = null;
            foreach (var candidate in Smaller(one).Where(candidate => candidate.Size < one.Size))
            {
                if (++tries > MostTries) return one;
                if (!await breaks(candidate)) continue;
                smaller = candidate;
                break;
            }

            if (smaller is null) return one;
            one = smaller;
        }

        return one;
    }

    private static IEnumerable<FuzzCase> Smaller(FuzzCase one)
    {
        if (one.HasBody) yield return one with { Json = null, Bytes = null, IsChunked = false };
        if (one.IsChunked) yield return one with { IsChunked = false };
        for (var i = 0; i < one.Headers.Count; i++) yield return one with { Headers = one.Headers.RemoveAt(i) };
        for (var i = 0; i < one.Query.Count; i++) yield return one with { Query = one.Query.RemoveAt(i) };
        for (var i = 0; i < one.Query.Count; i++)
        {
            if (one.Query[i].Value is { Length: > 1 } value) yield return one with { Query = one.Query.SetItem(i, (one.Query[i].Name, value[..(value.Length / 2)])) };
        }

        for (var i = 0; i < one.Headers.Count; i++)
        {
            var (name, value) = one.Headers[i];
            if (value.Length > 1) yield return one with { Headers = one.Headers.SetItem(i, (name, value[..(value.Length / 2)])) };
        }

        if (one.Json is { } json) foreach (var piece in Smaller(json)) yield return one with { Json = piece };
        if (one.Bytes is { Length: > 1 } bytes)
        {
            yield return one with { Bytes = bytes[..(bytes.Length / 2)] };
            yield return one with { Bytes = bytes[(bytes.Length / 2)..] };
            if (bytes.Length < 100) for (var i = 0; i < bytes.Length; i++) yield return one with { Bytes = bytes.RemoveAt(i) };
        }
    }

    private static IEnumerable<JsonPiece> Smaller(JsonPiece piece)
    {
        switch (piece)
        {
            case JsonMembers members:
                for (var i = 0; i < members.List.Count; i++) yield return new JsonMembers(members.List.RemoveAt(i));
                for (var i = 0; i < members.List.Count; i++)
                {
                    foreach (var inner in Smaller(members.List[i].Value)) yield return new JsonMembers(members.List.SetItem(i, new(members.List[i].Key, inner)));
                }

                break;
            case JsonItems items:
                for (var i = 0; i < items.List.Count; i++) yield return new JsonItems(items.List.RemoveAt(i));
                for (var i = 0; i < items.List.Count; i++)
                {
                    foreach (var inner in Smaller(items.List[i])) yield return new JsonItems(items.List.SetItem(i, inner));
                }

                break;
            case JsonLiteral { Json.Length: > 3 } literal when literal.Json[0] == '"':
                // Halves of a text, cut where no escape is cut in two.
                var half = literal.Json.Length / 2;
                if (!literal.Json.Contains('\\', StringComparison.Ordinal)) yield return new JsonLiteral(literal.Json[..half] + "\"");
                if (!literal.Json.Contains('\\', StringComparison.Ordinal)) yield return new JsonLiteral("\"" + literal.Json[half..]);
                yield return new JsonLiteral("\"\"");
                yield return new JsonLiteral("0");
                break;
            case JsonLiteral { Json.Length: > 1 }:
                yield return new JsonLiteral("0");
                break;
        }
    }
}
