using System.CommandLine;
using System.Globalization;
using Rouse.Cli.Api;
using Rouse.Contracts.Webhooks;

namespace Rouse.Cli.Commands.Webhooks;

/// <summary>Says whether what a receiver captured was sent by who has the secret. Asks no server.</summary>
internal sealed class VerifyWebhookCommand : CliCommand
{
    private readonly Option<string> _secretVariable;
    private readonly Option<string> _headers;
    private readonly Option<string> _body;
    private readonly Option<bool> _anyAge;

    public VerifyWebhookCommand(CliContext cli)
        : base(cli, "verify", "Verifies a webhook that was captured: its headers and its body, byte for byte.", formatOption: "")
    {
        _secretVariable = Declare(new Option<string>("--secret-env") { Description = "The environment variable that holds the secret, whsec_….", HelpName = "variable", DefaultValueFactory = _ => "WEBHOOK_SECRET" });
        _headers = Declare(new Option<string>("--headers") { Description = "File with the request's headers, one `name: value` a line.", HelpName = "file", Required = true });
        _body = Declare(new Option<string>("--body") { Description = "File with the request's body, or - for stdin.", HelpName = "file", Required = true });
        _anyAge = Declare(new Option<bool>("--any-age") { Description = "Accept what was sent more than 5 minutes ago, which a receiver must not." });
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new($"WEBHOOK_SECRET=whsec_… {Line} --headers headers.txt --body body.json", "what came a moment ago"),
        new($"{Line} --secret-env SECRET --headers headers.txt --body - --any-age < body.json", "what came yesterday"),
    ];

    public override string Remarks => "Ends with 0 when the signature is good and with 1 when it is not.";

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        var variable = args.GetValue(_secretVariable)!;
        if (!WebhookSecret.TryParse(session.Host.Variable(variable), out var secret))
        {
            return session.Fail(Failure.Usage($"the variable {variable} holds no secret of the form whsec_…", "`rouse webhooks rotate` makes a new one"));
        }

        byte[] body;
        Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
        try
        {
            foreach (var line in await File.ReadAllLinesAsync(session.Host.ResolvePath(args.GetValue(_headers)!), ct))
            {
                if (line.Split(':', 2) is [var name, var value]) headers[name.Trim()] = value.Trim();
            }

            body = await ReadAsync(session.Host, args.GetValue(_body)!, ct);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return session.Fail(Failure.Usage($"it cannot be read: {error.Message}", "name the files with --headers and --body"));
        }

        var (id, timestamp, signature) = (Header(WebhookSignature.IdHeader), Header(WebhookSignature.TimestampHeader), Header(WebhookSignature.SignatureHeader));
        var sent = long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : (DateTimeOffset?)null;
        var now = args.GetValue(_anyAge) && sent is { } at ? at : session.Time.GetUtcNow();
        if (WebhookSignature.Verify(secret!, id, timestamp, signature, body, now))
        {
            session.Screen.Result(session.Screen.Quiet ? id! : $"good: {id} was signed with this secret");
            return ExitCode.Ok;
        }

        var isOld = sent is { } then && WebhookSignature.Verify(secret!, id, timestamp, signature, body, then);
        return session.Fail(isOld
            ? new Failure(ExitCode.Failed, "TOO_OLD", $"the signature is good, but it was made at {sent:u}, more than {WebhookSignature.Tolerance.TotalMinutes:0} minutes from now", "set the clock, or look with --any-age")
            : new Failure(ExitCode.Failed, "NOT_SIGNED", "no signature in these headers is by this secret for this body", "take the body's bytes as they came, and the newest secret"));
        string? Header(string name) => headers.GetValueOrDefault(name);
    }

    private static async Task<byte[]> ReadAsync(CliHost host, string file, CancellationToken ct)
    {
        if (file != "-") return await File.ReadAllBytesAsync(host.ResolvePath(file), ct);
        await using var input = host.OpenInput();
        using var bytes = new MemoryStream();
        await input.CopyToAsync(bytes, ct);
        return bytes.ToArray();
    }
}
