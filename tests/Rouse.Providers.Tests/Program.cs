using Rouse.Providers.Tests.Local;

// Nothing but a test starts this: see ServerProcess.
return args is ["serve", ..] ? await ServerProcess.MainAsync(args[1..]) : 2;
