namespace Rouse.FakeRunpod.Catalog;

/// <summary>Some of Runpod's data centres (ids: the REST v1 document's <c>dataCenterIds</c>), enough to choose a region by.</summary>
internal sealed record DataCenterFact(string Id, string Name, string Region)
{
    public static readonly IReadOnlyList<DataCenterFact> All =
    [
        new("EU-RO-1", "EU Romania 1", "EUROPE"),
        new("EU-SE-1", "EU Sweden 1", "EUROPE"),
        new("EU-NL-1", "EU Netherlands 1", "EUROPE"),
        new("EUR-IS-1", "Iceland 1", "EUROPE"),
        new("US-TX-3", "US Texas 3", "NORTH_AMERICA"),
        new("US-KS-2", "US Kansas 2", "NORTH_AMERICA"),
        new("US-CA-2", "US California 2", "NORTH_AMERICA"),
        new("CA-MTL-1", "Canada Montreal 1", "NORTH_AMERICA"),
        new("AP-JP-1", "Japan 1", "ASIA"),
        new("OC-AU-1", "Australia 1", "OCEANIA"),
    ];

    /// <summary>ISO 3166-1 alpha-2, as the catalogue's <c>countryCodes</c> filter takes it.</summary>
    public string Country => Id switch
    {
        "EU-RO-1" => "RO",
        "EU-SE-1" => "SE",
        "EU-NL-1" => "NL",
        "EUR-IS-1" => "IS",
        "AP-JP-1" => "JP",
        "OC-AU-1" => "AU",
        _ => Id[..2],
    };
}
