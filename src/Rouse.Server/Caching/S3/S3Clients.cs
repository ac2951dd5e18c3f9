using Amazon.Runtime;
using Amazon.S3;
using Rouse.Core.Caching;
using Rouse.Core.Tenancy;

namespace Rouse.Server.Caching.S3;

/// <summary>
/// Clients of object stores, all over two pools of connections: to where tenants point, which <c>EgressPolicy</c> guards, and to where the operator
/// points, which it lets through. Nothing is read from this machine's own AWS settings, or a tenant's keys could go to the operator's endpoint.
/// </summary>
/// <param name="tenants">Guarded.</param>
/// <param name="operators">Also reaches the operator's endpoint.</param>
internal sealed class S3Clients(HttpMessageHandler tenants, HttpMessageHandler operators) : IDisposable
{
    /// <summary>Of one call, its body included: a part of 16 MiB over a slow link.</summary>
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(5);

    /// <summary>Tries after the first, within a call; a fill is tried again as a whole besides.</summary>
    private const int Retries = 2;

    private readonly HttpClient _tenants = new(tenants) { Timeout = s_timeout };
    private readonly HttpClient _operators = new(operators) { Timeout = s_timeout };

    /// <param name="isOperators">The location and the keys are the operator's own.</param>
    public S3Store Open(S3Location location, S3Keys keys, bool isOperators)
    {
        var config = new AmazonS3Config
        {
            AuthenticationRegion = location.Region,
            DefaultConfigurationMode = DefaultConfigurationMode.Standard,
            IgnoreConfiguredEndpointUrls = true,
            HttpClientFactory = new Pooled(isOperators ? _operators : _tenants),
            MaxErrorRetry = Retries,
            // Stores other than Amazon's refuse the check sums that the SDK adds by default. What is stored is checked by its SHA-256 instead.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (location.Endpoint is { } endpoint)
        {
            config.ServiceURL = endpoint.GetLeftPart(UriPartial.Authority);
            config.UseHttp = endpoint.Scheme == Uri.UriSchemeHttp;
            config.ForcePathStyle = true;
        }
        else
        {
            config.RegionEndpoint = Amazon.RegionEndpoint.GetBySystemName(location.Region);
        }

        var credentials = new BasicAWSCredentials(
            keys.AccessKeyId.Reveal(SecretPurpose.ObjectStoreCall), keys.SecretAccessKey.Reveal(SecretPurpose.ObjectStoreCall));
        return new S3Store(new AmazonS3Client(credentials, config), location);
    }

    public void Dispose()
    {
        _tenants.Dispose();
        _operators.Dispose();
    }

    private sealed class Pooled(HttpClient http) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => http;

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;

        public override string? GetConfigUniqueString(IClientConfig clientConfig) => null;
    }
}
