using System.Text;
using Rouse.Fuzz.Document;

namespace Rouse.Fuzz.Cases;

/// <summary>Headers that a caller may send, right and wrong.</summary>
internal static class HeaderMaker
{
    private static readonly string[] s_types =
    [
        "application/json; charset=utf-8", "application/json;charset=\"UTF-8\"", "application/json; charset=bogus", "application/json; charset=utf-16", "application/json; charset=",
        "application/problem+json", "APPLICATION/JSON", "text/plain", "text/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", "*/*",
        "application/json, text/plain", "json", ";", "application/json; q=\"", "application/jsonp", "application/octet-stream", "",
    ];

    private static readonly string[] s_accepts = ["application/json", "text/html", "application/xml", "*/*;q=0", "application/json;q=2", ",,,", "text/event-stream", "application/json;charset=utf-16", "é/ü", ";;"];

    /// <summary>Right in nine cases of ten; null: none at all.</summary>
    public static string? ContentType(Chance chance) => chance.Below(10) > 0 ? "application/json" : chance.OneIn(8) ? null : chance.Pick(s_types);

    public static (string Name, string Value) Forgery(Chance chance) => chance.Below(9) switch
    {
        0 => ("Authorization", "Bearer rk_nobody_gave_this_out_0000"),
        1 => ("Authorization", "Basic " + Convert.ToBase64String(Encoding.ASCII.GetBytes("admin:admin"))),
        2 => ("Authorization", "Bearer"),
        3 => ("Authorization", "Bearer " + Visible(NastyText.Any(chance))),
        4 => ("X-Runpod-Api-Key", Visible(NastyText.Any(chance)) + "x"),
        5 => ("Authorization", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJvd25lciJ9."),
        6 => ("Authorization", "Bearer " + new string('k', 1 + chance.Below(8000))),
        7 => ("Cookie", "Authorization=Bearer owner; session=1"),
        _ => ("Authorization", Visible(NastyText.Any(chance)) + "x"),
    };

    public static IEnumerable<(string Name, string Value)> Make(ApiOperation operation, Chance chance)
    {
        if (operation.Method == "POST" && chance.OneIn(6)) yield return ("Idempotency-Key", Key(chance));
        if (operation.IsStream && chance.OneIn(2)) yield return ("Last-Event-ID", chance.Pick(["0", "1", "3", "-1", "999999999999", "99999999999999999999", "x", "1e3", "", " 1", "٣"]));
        foreach (var parameter in operation.Parameters.Where(parameter => parameter.In == "header" && parameter.Name is not ("Idempotency-Key" or "Last-Event-ID")))
        {
            if (chance.OneIn(3)) yield return (parameter.Name, Visible(NastyText.Any(chance)));
        }

        switch (chance.Below(40))
        {
            case 0: yield return ("Accept", chance.Pick(s_accepts)); break;
            case 1: yield return ("Content-Encoding", chance.Pick(["gzip", "br", "identity", "x"])); break;
            case 2: yield return ("X-HTTP-Method-Override", "DELETE"); break;
            case 3: yield return ("X-Forwarded-For", chance.Pick(["127.0.0.1", "::1, é", Visible(NastyText.Any(chance))])); break;
            case 4: yield return ("Range", "bytes=0-0"); break;
            case 5: yield return ("If-None-Match", "*"); break;
            case 6: yield return ("Cookie", Visible(NastyText.Any(chance))); break;
            case 7: yield return ("X-Huggingface-Api-Key", Visible(NastyText.Any(chance))); break;
            case 8: yield return ("traceparent", chance.Pick(["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-0-0-0", "é"])); break;
            case 9: yield return ("Accept-Language", "tr-TR"); break;
            case 10: yield return ("Expect", "100-continue"); break;
            case 11: yield return ("X_Runpod_Api_Key", "x"); break;
            case 12: yield return ("Upgrade", "websocket"); break;
            case 13: yield return ("X-Long", new string('x', 1 << chance.Below(16))); break;
        }
    }

    private static string Key(Chance chance) => chance.Below(4) switch
    {
        0 => Visible(NastyText.Any(chance)),
        1 => "\"key-" + chance.Below(20).ToString(System.Globalization.CultureInfo.InvariantCulture) + "\"",
        2 => new string('k', 254 + chance.Below(3)),
        _ => "key-" + chance.Below(20).ToString(System.Globalization.CultureInfo.InvariantCulture),
    };

    /// <summary>A line end would make another header of it; that is the framing's own tests' matter.</summary>
    private static string Visible(string text) => text.ReplaceLineEndings(" ").Replace('\r', ' ').Replace('\n', ' ');
}
