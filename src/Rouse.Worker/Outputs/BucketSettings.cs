using Rouse.Contracts.Workers;
using Rouse.Worker.Configuration;

namespace Rouse.Worker.Outputs;

/// <summary>A place in an object store, and what opens it.</summary>
/// <param name="Root">With the bucket in its path or in its host's name; ends with a slash.</param>
/// <param name="UrlLife">For which addresses made here open what they name.</param>
internal sealed record BucketSettings(Uri Root, string Region, string KeyId, string Secret, TimeSpan UrlLife)
{
    private const string DefaultRegion = "us-east-1";

    /// <summary>Unit: seconds. The longest that the signature allows, seven days, as runpod-python: the result itself is gone sooner.</summary>
    private const int LongestLife = 604_800;

    public static BucketSettings? Read(Variables variables)
    {
        var isOurs = variables.Optional(OutputVariables.StoreUrl) is not null;
        var (urlName, keyName, secretName) = isOurs
            ? (OutputVariables.StoreUrl, OutputVariables.StoreKeyId, OutputVariables.StoreSecret)
            : (OutputVariables.RunpodUrl, OutputVariables.RunpodKeyId, OutputVariables.RunpodSecret);
        var life = variables.Number(OutputVariables.UrlSeconds, LongestLife, 60, LongestLife);
        if (variables.Optional(urlName) is not { } url) return null;
        if (!Variables.IsHttp(url) || new Uri(url) is not { Query: "", Fragment: "", UserInfo: "" } parsed)
            return variables.Fail<BucketSettings>($"{urlName} must be an http or https URL without user, query or fragment: https://host/bucket, or https://bucket.host.");
        if (variables.Optional(keyName) is not { } key || variables.Optional(secretName) is not { } secret)
            return variables.Fail<BucketSettings>($"{urlName} needs {keyName} and {secretName} too.");
        var root = parsed.AbsoluteUri.EndsWith('/') ? parsed : new Uri(parsed.AbsoluteUri + "/");
        return new BucketSettings(root, variables.Optional(OutputVariables.StoreRegion) ?? RegionOf(root.IdnHost), key, secret, TimeSpan.FromSeconds(life));
    }

    /// <summary>By the names that large providers give their hosts: <c>bucket.s3.eu-west-1.amazonaws.com</c>, <c>bucket.fra1.digitaloceanspaces.com</c>, <c>s3api-eur-is-1.runpod.io</c>.</summary>
    private static string RegionOf(string host)
    {
        const string runpod = "s3api-";
        var labels = host.Split('.');
        var s3 = Array.LastIndexOf(labels, "s3");
        if (labels is [.., var spaces, "digitaloceanspaces", "com"]) return spaces;
        if (labels is [var first, "runpod", "io"] && first.StartsWith(runpod, StringComparison.Ordinal)) return first[runpod.Length..];
        return s3 >= 0 && s3 + 3 < labels.Length ? labels[s3 + 1] : DefaultRegion;
    }

    /// <summary>Holds a key.</summary>
    public override string ToString() => Root.ToString();
}
