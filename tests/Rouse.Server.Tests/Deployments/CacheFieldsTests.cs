using Rouse.Contracts.Deployments;
using Rouse.Core.Caching;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Server.Features.Deployments;
using Rouse.Server.Secrets;

namespace Rouse.Server.Tests.Deployments;

/// <summary>Which caches a request may ask for, and with which members.</summary>
public sealed class CacheFieldsTests
{
    private static readonly CreateDeploymentRequest s_plain = new() { HfModelId = "stabilityai/sd-turbo" };

    private static readonly CreateDeploymentRequest s_private = s_plain with
    {
        CacheScope = "private", UserS3Url = "s3://my-bucket/models/", UserAwsAccessKeyId = "AKIAEXAMPLE", UserAwsSecretAccessKey = "canary-of-the-secret",
        UserAwsEndpointUrl = "https://s3.example.com", UserAwsRegion = "eu-central-1",
    };

    [Fact]
    public void Private_TakesTheStoreIntoTheSpec_AndTheKeysApart()
    {
        var parsed = Parse(s_private);
        Assert.Equal(CacheScope.Private, parsed.Spec!.Cache);
        Assert.Equal(
            new S3Location { Bucket = "my-bucket", Prefix = "models", Endpoint = new Uri("https://s3.example.com"), Region = "eu-central-1" }, parsed.Spec.CacheStore);
        Assert.Equal("canary-of-the-secret", parsed.StoreKeys!.SecretAccessKey.Reveal(SecretPurpose.ObjectStoreCall));
        Assert.DoesNotContain("canary", Rouse.Store.Deployments.DeploymentStore.Fingerprint(parsed.Spec) + parsed, StringComparison.Ordinal);
    }

    [Fact]
    public void Private_NeedsAUrlAndBothKeys() => Assert.Equal(
        ["user_aws_access_key_id", "user_aws_secret_access_key", "user_s3_url"], Parse(s_plain with { CacheScope = "private" }).Faults.Keys);

    [Theory]
    [InlineData("off")]
    [InlineData("shared")]
    [InlineData(null)]
    public void MembersOfPrivate_WithAnyOtherScope_AreRefusedEachByName(string? scope) => Assert.Equal(
        ["user_aws_access_key_id", "user_aws_endpoint_url", "user_aws_region", "user_aws_secret_access_key", "user_s3_url"],
        Parse(s_private with { CacheScope = scope }, "stabilityai/sd-turbo").Faults.Keys);

    [Theory]
    [InlineData("http://my-bucket/x")]
    [InlineData("s3://x")]
    [InlineData("s3://My-Bucket")]
    [InlineData("s3://a..b/x")]
    [InlineData("s3://my-bucket/../other")]
    [InlineData("s3://my-bucket//x")]
    [InlineData("s3://my-bucket/x?versionId=1")]
    [InlineData("s3://key:secret@my-bucket/x")]
    [InlineData("")]
    public void S3Url_ThatIsNone_IsRefused(string url) => Assert.Equal(["user_s3_url"], Parse(s_private with { UserS3Url = url }).Faults.Keys);

    [Theory]
    [InlineData("ftp://s3.example.com")]
    [InlineData("https://key:secret@s3.example.com")]
    [InlineData("https://s3.example.com/path")]
    [InlineData("https://s3.example.com?x=1")]
    [InlineData("s3.example.com")]
    [InlineData("")]
    public void Endpoint_ThatIsNone_IsRefused(string url) => Assert.Equal(["user_aws_endpoint_url"], Parse(s_private with { UserAwsEndpointUrl = url }).Faults.Keys);

    [Fact]
    public void Shared_WithoutAnOperatorsStore_IsRefused_AndNamesTheSetting()
    {
        var parsed = new DeploymentParser(Choices(CacheChoices.None), new AccountNames(new byte[32])).Parse(s_plain with { CacheScope = "shared" });
        Assert.Contains("S3_MODEL_URL", parsed.Faults["cache_scope"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("stabilityai/sd-turbo", true)]
    [InlineData("stabilityai/SD-Turbo", false)]
    [InlineData("stabilityai/sd-turb", false)]
    [InlineData("*", false)]
    [InlineData("", false)]
    public void Shared_TakesExactlyTheModelsOnTheList_AndAnEmptyListNone(string listed, bool isTaken)
    {
        var parsed = Parse(s_plain with { CacheScope = "shared" }, listed);
        Assert.Equal(isTaken, parsed.Spec?.Cache == CacheScope.Shared);
        if (!isTaken) Assert.Contains("SHARED_CACHE_ALLOWED_MODELS", parsed.Faults["cache_scope"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Private")]
    [InlineData("public")]
    [InlineData("")]
    public void Scope_ThatIsNone_IsRefused(string scope) => Assert.Equal(["cache_scope"], Parse(s_plain with { CacheScope = scope }).Faults.Keys);

    [Fact]
    public void Folder_HasNothingToCache() =>
        Assert.Contains("cache_scope", Parse(s_private with { HfModelId = null, ModelPath = Path.GetTempPath() }).Faults.Keys);

    private static ParsedDeployment Parse(CreateDeploymentRequest request, string listed = "") => new DeploymentParser(
        Choices(new CacheChoices(HasShared: true, listed.Split(',', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal))),
        new AccountNames(new byte[32])).Parse(request);

    private static DeploymentChoices Choices(CacheChoices cache) => new(
        new Dictionary<string, ProviderTraits>(StringComparer.Ordinal) { ["local"] = new ProviderTraits { Kind = "local" } }, "local", HasRunpodKey: false, AllowFolders: true)
    {
        Cache = cache,
    };
}
