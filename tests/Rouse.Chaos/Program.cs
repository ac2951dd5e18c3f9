using Rouse.Chaos.Server;

// Nothing but a test starts this: see ChaosServer.
return args is ["serve", ..] ? await ServerProgram.MainAsync(args[1..]) : 2;
