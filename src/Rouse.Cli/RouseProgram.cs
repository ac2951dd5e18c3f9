using System.CommandLine;
using System.CommandLine.Invocation;
using Rouse.Cli.Api;
using Rouse.Cli.Terminal;

namespace Rouse.Cli;

/// <summary>One call of the program, from arguments to exit code.</summary>
internal static class RouseProgram
{
    /// <param name="ct">Ends when the user interrupts.</param>
    public static async Task<int> RunAsync(string[] args, CliHost host, CancellationToken ct)
    {
        // `@file` is an argument of ours (run --input), not a file of more arguments.
        var parsed = CommandTree.Create(host).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is ParseErrorAction) return (int)RefuseUsage(parsed, host);
        try
        {
            // Signals are the composition root's: how long an end may take differs by command.
            var configuration = new InvocationConfiguration
            {
                Output = host.Out, Error = host.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null,
            };
            return await parsed.InvokeAsync(configuration, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return (int)ExitCode.Interrupted;
        }
        catch (Exception e)
        {
            // The top: whatever comes here is a defect of this program, and is told as one.
            var screen = new Screen(host, OutputFormat.Table, quiet: false, verbose: false);
            return (int)screen.Fail(new Failure(ExitCode.Failed, "BUG", $"this is a defect of rouse: {e}", "please report it with the lines above"));
        }
    }

    private static ExitCode RefuseUsage(ParseResult parsed, CliHost host)
    {
        var screen = new Screen(host, OutputFormat.Table, quiet: false, verbose: false);
        var what = string.Join(" ", parsed.Errors.Select(e => e.Message));
        return screen.Fail(Failure.Usage(what, $"`{HelpPage.PathOf(parsed.CommandResult.Command)} --help` shows what is allowed"));
    }
}
