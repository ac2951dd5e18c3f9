using Rouse.Bench;

// One sub-command per server or load that a script in bench/ needs.
return args switch
{
    ["hub-server", .. var rest] => await HubServer.RunAsync(rest),
    ["job-server", var folder] => await JobServer.RunAsync(folder),
    ["job-load", .. var rest] => await JobLoad.RunAsync(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        Rouse.Bench hub-server --mib <size> --rate-mib <per connection and second>
        Rouse.Bench job-server <folder>
        Rouse.Bench job-load <name> <url> --seconds <n> --submitters <n> --workers <n>
        """);
    return 2;
}
