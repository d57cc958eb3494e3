using BenchmarkDotNet.Running;
using MilSwitch.Benchmarks;

// `spool [messages] [pending] [folder]` is a load of its own; everything else goes to BenchmarkDotNet (`--filter *`).
if (args is ["spool", ..]) return await SpoolThroughput.RunAsync(args[1..]);
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
