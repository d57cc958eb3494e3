using System.Globalization;

namespace MilSwitch.Benchmarks.Smime;

/// <summary>
/// What S/MIME costs beside what the bare primitives, other libraries and the token cost, in one process and in turn. It
/// prints and demands nothing.
/// </summary>
internal static class SmimeFigures
{
    /// <param name="arguments"><c>--filter TEXT</c>: rows whose operation has it; <c>--quick</c>: fewer and shorter windows.</param>
    public static async Task<int> RunAsync(string[] arguments)
    {
        var filter = Array.IndexOf(arguments, "--filter") is var at && at >= 0 && at + 1 < arguments.Length ? arguments[at + 1] : "";
        var isQuick = arguments.Contains("--quick");
        var contest = isQuick ? new Contest(5, TimeSpan.FromMilliseconds(25)) : new Contest(15, TimeSpan.FromMilliseconds(60));
        Console.WriteLine("| operation | size | against | ours op/s | reference op/s | ratio | wanted | garbage | limit |");
        Console.WriteLine("| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |");
        IEnumerable<Figure> figures = [.. await SigningFigures.AllAsync(), .. EnvelopingFigures.All, .. TripleWrapFigures.All, .. await RivalFigures.AllAsync()];
        foreach (var figure in figures.Where(f => IsMeant(f.Operation))) Print(figure, await contest.RunAsync(figure));
        await TokenFigures.RunAsync(isQuick ? 3 : 7, TimeSpan.FromMilliseconds(isQuick ? 250 : 500), IsMeant, Print);
        return 0;

        bool IsMeant(string operation) => operation.Contains(filter, StringComparison.OrdinalIgnoreCase);
    }

    private static void Print(Figure figure, Outcome outcome) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"| {figure.Operation} | {figure.Size} | {figure.Against} | {outcome.Ours:N0} | {outcome.Reference:N0} | {Ratio(outcome.Ratio)} | {(figure.Wanted is { } wanted ? Ratio(wanted) : "")}"
        + $" | {(outcome.Garbage is { } octets ? $"{octets:N0}" : "")} | {(figure.MostGarbage is { } most ? $"{most:N0}" : "")} |"));

    private static string Ratio(double ratio) => ratio < 3 ? ratio.ToString("F3", CultureInfo.InvariantCulture) : ratio.ToString("F1", CultureInfo.InvariantCulture) + " ×";
}
