using Rouse.Bench;

// One sub-command per server or load that a script in bench/ needs.
return args switch
{
    ["hub-server", .. var rest] => await HubServer.RunAsync(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("Rouse.Bench hub-server --mib <size> --rate-mib <per connection and second>");
    return 2;
}
