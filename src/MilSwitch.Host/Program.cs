using MilSwitch.Host.Commands;

return await CommandLine.RunAsync(args, CommandEnvironment.Process());
