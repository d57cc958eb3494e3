using MilSwitch.LoadTool;

if (args.Length is 0)
{
    Console.Error.WriteLine("relay | flash | border | depth | slow | kill | cluster | costs | consoles, then options; see tests/load/README.md");
    return 2;
}

try
{
    var arguments = new Arguments(args.Skip(1));
    return args[0] switch
    {
        "relay" => await RelayComparison.RunAsync(arguments),
        "flash" => await FlashThroughSaturation.RunAsync(arguments),
        "border" => await FlashThroughBoundary.RunAsync(arguments),
        "depth" => await QueueDepth.RunAsync(arguments),
        "slow" => await SlowClients.RunAsync(arguments),
        "cluster" => await ClusterFaults.RunAsync(arguments),
        "costs" => await ClusterCosts.RunAsync(arguments),
        "consoles" => await ConsoleCosts.RunAsync(arguments),
        "kill" => await KillsUnderLoad.RunAsync(arguments),
        _ => throw new ArgumentException($"no such measurement: {args[0]}"),
    };
}
catch (Exception e) when (e is ArgumentException or FormatException)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
