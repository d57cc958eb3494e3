namespace MilSwitch.Benchmarks.Labels;

/// <summary>What labels cost. It prints and demands nothing.</summary>
internal static class LabelFigures
{
    private static readonly (string Name, Action Run)[] Figures =
    [
        ("load", PolicyLoadFigures.Run),
        ("decide", DecideFigures.Run),
    ];

    /// <param name="arguments"><c>--filter TEXT</c>: figures whose name has it.</param>
    public static void Run(string[] arguments)
    {
        var filter = Array.IndexOf(arguments, "--filter") is var at && at >= 0 && at + 1 < arguments.Length ? arguments[at + 1] : "";
        foreach (var (_, run) in Figures.Where(f => f.Name.Contains(filter, StringComparison.OrdinalIgnoreCase))) run();
    }
}
