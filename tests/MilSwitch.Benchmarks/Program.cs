using BenchmarkDotNet.Running;
using MilSwitch.Benchmarks;
using MilSwitch.Benchmarks.Boundaries;
using MilSwitch.Benchmarks.Labels;
using MilSwitch.Benchmarks.Lists;
using MilSwitch.Benchmarks.Military;
using MilSwitch.Benchmarks.Smime;

// `spool [messages] [pending] [folder]`, `stores [messages]`, `smime [--filter TEXT] [--quick]`, `boundary [--filter TEXT] [--quick]`, `labels [--filter TEXT]`, `lists`, `profile` and `mmhs`
// are loads of their own (README.md);
// everything else goes to BenchmarkDotNet (`--filter *`).
switch (args)
{
    case ["spool", ..]:
        return await SpoolThroughput.RunAsync(args[1..]);
    case ["stores", ..]:
        return await SpoolThroughput.CompareAsync(args[1..]);
    case ["smime", ..]:
        return await SmimeFigures.RunAsync(args[1..]);
    case ["boundary", ..]:
        return await BoundaryFigures.RunAsync(args[1..]);
    case ["labels", ..]:
        LabelFigures.Run(args[1..]);
        return 0;
    case ["lists", ..]:
        await ListFigures.RunAsync();
        return 0;
    case ["profile", ..]:
        ProfileFigures.Run();
        return 0;
    case ["mmhs", ..]:
        MmhsFigures.Run();
        return 0;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(SpoolThroughput).Assembly).Run(args);
        return 0;
}
