using System.CommandLine;
using Rouse.Cli.Api;
using Rouse.Contracts.Deployments;

namespace Rouse.Cli.Commands.Deployments;

/// <summary>
/// Which cache a deployment's workers load from. A store's keys come from the environment and are never options: other users see a command's arguments.
/// </summary>
internal sealed class CacheOptions
{
    private const string Private = "private";
    private const string KeyId = "AWS_ACCESS_KEY_ID";
    private const string KeySecret = "AWS_SECRET_ACCESS_KEY";

    private readonly Option<string?> _scope;
    private readonly Option<string?> _url;
    private readonly Option<string?> _endpoint;
    private readonly Option<string?> _region;

    public CacheOptions(CliCommand command)
    {
        _scope = Text("--cache", "scope", "off (default), shared (the operator's store) or private (a store of yours).", "--cache-scope");
        _url = Text("--s3-url", "s3://…", $"With --cache private: where in your store. Its keys are taken from {KeyId} and {KeySecret}.");
        _endpoint = Text("--s3-endpoint", "url", "The store's address. Default: AWS_ENDPOINT_URL, else Amazon's.");
        _region = Text("--s3-region", "region", "The store's region. Default: AWS_REGION, else us-east-1.");

        Option<string?> Text(string name, string value, string description, params string[] aliases)
            => command.Declare(new Option<string?>(name, aliases) { Description = description, HelpName = value });
    }

    public Reply<CreateDeploymentRequest> Add(CreateDeploymentRequest request, ParseResult args, CliHost host)
    {
        request = request with { CacheScope = args.GetValue(_scope), UserS3Url = args.GetValue(_url), UserAwsEndpointUrl = args.GetValue(_endpoint), UserAwsRegion = args.GetValue(_region) };
        // Keys that lie in the environment for another purpose stay there.
        if (request.CacheScope != Private) return request;
        if (Word(KeyId) is not { } id) return Missing(KeyId);
        if (Word(KeySecret) is not { } secret) return Missing(KeySecret);
        return request with
        {
            UserAwsAccessKeyId = id,
            UserAwsSecretAccessKey = secret,
            UserAwsEndpointUrl = request.UserAwsEndpointUrl ?? Word("AWS_ENDPOINT_URL"),
            UserAwsRegion = request.UserAwsRegion ?? Word("AWS_REGION"),
        };

        string? Word(string name) => host.Variable(name) is { Length: > 0 } set ? set : null;
    }

    private static Failure Missing(string variable) => Failure.Usage($"the variable {variable} is not set", $"export {variable} with the key of your store, or leave out --cache private");
}
