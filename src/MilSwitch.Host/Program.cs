using MilSwitch.Host.Commands;

// A link of that name is all that programs need which call sendmail or mailq.
var name = Path.GetFileName(File.Exists("/proc/self/cmdline") ? File.ReadAllText("/proc/self/cmdline").Split('\0')[0] : "");
return await CommandLine.RunAsync(name is "sendmail" or "mailq" ? [name, .. args] : args, CommandEnvironment.Process());
