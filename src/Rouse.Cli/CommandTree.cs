using System.CommandLine;
using System.CommandLine.Help;
using Rouse.Cli.Commands;
using Rouse.Cli.Commands.Backups;
using Rouse.Cli.Commands.Caching;
using Rouse.Cli.Commands.Catalog;
using Rouse.Cli.Commands.Deployments;
using Rouse.Cli.Commands.Demo;
using Rouse.Cli.Commands.Jobs;
using Rouse.Cli.Commands.Keys;
using Rouse.Cli.Commands.Local;
using Rouse.Cli.Commands.Secrets;
using Rouse.Cli.Commands.Trials;
using Rouse.Cli.Commands.Webhooks;
using Rouse.Cli.Terminal;

namespace Rouse.Cli;

/// <summary>All commands: the short verbs, and the same ones under their nouns.</summary>
internal static class CommandTree
{
    public static RootCommand Create(CliHost host)
    {
        var cli = new CliContext(host);
        var root = new RootCommand("Deploys models, wakes them when a request needs them, and puts them back to sleep.")
        {
            cli.Server,
            cli.Quiet,
            cli.Verbose,
            new DemoCommand(cli),
            new ServeCommand(cli),
            new PlanCommand(cli),
            new GpusCommand(cli),
            new ModelsCommand(cli),
            new UpCommand(cli, "up"),
            new RunCommand(cli, "run"),
            new ListCommand(cli, "ls"),
            new GetCommand(cli, "get"),
            new CostCommand(cli, "cost"),
            new WaitCommand(cli, "wait"),
            new LogsCommand(cli, "logs"),
            new EventsCommand(cli, "events"),
            new PowerCommand(cli, "sleep", awake: false),
            new PowerCommand(cli, "wake", awake: true),
            new RemoveCommand(cli, "rm"),
            new Noun("deployment", "The same, noun first: what is deployed.")
            {
                new UpCommand(cli, "create"),
                new ListCommand(cli, "list"),
                new GetCommand(cli, "get"),
                new CostCommand(cli, "cost"),
                new WaitCommand(cli, "wait"),
                new LogsCommand(cli, "logs"),
                new EventsCommand(cli, "events"),
                new PowerCommand(cli, "sleep", awake: false),
                new PowerCommand(cli, "wake", awake: true),
                new RemoveCommand(cli, "delete"),
            },
            new Noun("job", "The same, noun first: one inference.")
            {
                new RunCommand(cli, "run"),
                new JobVerbCommand(cli, "status", "Shows a job and its result."),
                new JobVerbCommand(cli, "cancel", "Stops a job, queued or running."),
                new JobVerbCommand(cli, "retry", "Runs a failed job again, with its input and its id."),
            },
            new Noun("keys", "Who may call the server, and what for.")
            {
                new CreateKeyCommand(cli),
                new AddKeyCommand(cli),
                new ListKeysCommand(cli),
                new RevokeKeyCommand(cli),
            },
            new Noun("cache", "The shared cache of models, for its operator.")
            {
                new CacheListCommand(cli, "list"),
                new CacheFillCommand(cli, "fill"),
                new CacheRemoveCommand(cli, "rm"),
            },
            new Noun("webhooks", "Who is told what happens, signed.")
            {
                new CreateWebhookCommand(cli),
                new ListWebhooksCommand(cli),
                new UpdateWebhookCommand(cli),
                new RotateWebhookCommand(cli),
                new RemoveWebhookCommand(cli),
                new DeliveriesCommand(cli),
                new ResendCommand(cli),
                new TestWebhookCommand(cli),
                new VerifyWebhookCommand(cli),
            },
            new DoctorCommand(cli),
            new SmokeCommand(cli),
            new E2eCommand(cli),
            new CleanupCommand(cli),
            new BackupCommand(cli),
            new RestoreCommand(cli),
            new Noun("secrets", "The keys that seal what tenants entrust.")
            {
                new RotateSecretsCommand(cli),
                new NewMasterKeyCommand(cli),
            },
            new VersionCommand(cli),
        };
        root.Add(new HelpDocsCommand(cli, root));
        root.Action = new ShowHelp(asked: false);
        foreach (var option in root.Options.OfType<HelpOption>()) option.Action = new ShowHelp(asked: true);
        return root;
    }

    /// <summary>A group of verbs; alone it shows its help.</summary>
    private sealed class Noun : Command
    {
        public Noun(string name, string description)
            : base(name, description) => Action = new ShowHelp(asked: false);
    }
}
