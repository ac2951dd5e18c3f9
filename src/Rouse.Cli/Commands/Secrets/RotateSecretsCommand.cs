using System.CommandLine;
using Rouse.Cli.Api;
using Rouse.Contracts;

namespace Rouse.Cli.Commands.Secrets;

/// <summary>Has the server seal everything anew, step by step until it is over.</summary>
internal sealed class RotateSecretsCommand(CliContext cli) : CliCommand(cli, "rotate", "Seals all secrets of the server with a new key.")
{
    public override IReadOnlyList<Example> Examples =>
    [
        new(Line, "a new key for all secrets; the server goes on working"),
        new($"{Line} -o json", "for a program"),
    ];

    public override string Remarks =>
        "Interrupted, it goes on where it was when it is called again. Also ends a change of the master key: start every replica with ROUSE_MASTER_KEY and, for the one before, "
        + "ROUSE_MASTER_KEY_OLD; run this; then the old one may go. Ends with 1 when a secret could not be opened.";

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        var (renewed, resealed) = (0, 0);
        while (true)
        {
            if (!(await session.Api.RotateSecretsAsync(ct)).TryGet(out var step, out var failure)) return session.Fail(failure);
            renewed += step.SealedAnew;
            resealed += step.KeysResealed;
            if (!step.Over)
            {
                session.Screen.Note($"{renewed} sealed anew…");
                continue;
            }

            Tell(session, step with { SealedAnew = renewed, KeysResealed = resealed });
            return step.Unreadable > 0 ? ExitCode.Failed : ExitCode.Ok;
        }
    }

    private static void Tell(Session session, RotationReply total)
    {
        var screen = session.Screen;
        if (screen.IsJson) screen.ResultJson(total, ClientJson.Api.RotationReply);
        else if (screen.Quiet) screen.Result(total.Key);
        else
        {
            screen.Result($"{total.SealedAnew} secrets are sealed anew, with key {total.Key}.");
            if (total.KeysResealed > 0) screen.Result($"{total.KeysResealed} keys are under the present master key now; the one before may go.");
            if (total.KeysRemoved > 0) screen.Result($"{total.KeysRemoved} old keys were removed.");
            if (total.Unreadable > 0) screen.Note($"{total.Unreadable} secrets cannot be opened with any key here; they stay as they are, and so do the old keys.");
        }
    }
}
