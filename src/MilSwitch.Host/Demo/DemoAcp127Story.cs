using System.Globalization;
using System.Text;
using MilSwitch.Smime.Inspection;

namespace MilSwitch.Host.Demo;

/// <summary>The story about messages of ACP 127 that come in as files and leave as signed mail.</summary>
internal sealed class DemoAcp127Story(DemoStage stage)
{
    private const string Garbled = "IT ENDS 12";

    /// <summary>The section of the configuration; makes the folder and the directory that it names.</summary>
    public static string Section(string folder)
    {
        Directory.CreateDirectory(Path.Combine(folder, "tape"));
        File.WriteAllText(Path.Combine(folder, "stations.yaml"), "stations:\n- { name: SACLANT, routing: RPDLE, mail: saclant@home.test }\n- { name: PARTNER, routing: RXFPA, mail: partner@signed.test }\n");
        return "{ directory: stations.yaml, lines: [{ name: tape, station: RXFPA, operator: centre@sink.test, domain: home, in: { folder: ./tape, interval: 100ms, channel: ABA } }] }";
    }

    public async Task<(bool Good, string Actual)> PlayAsync(CancellationToken cancellationToken)
    {
        const string subject = "END OF EXERCISE";
        Put(1, "IT ENDS 1200.", subject);
        Put(2, Garbled + "\u0013", "GARBLED");
        var found = await DemoStories.ComesAsync(() => Arrival() is not null, 10, cancellationToken);
        var held = await DemoStories.ComesAsync(
            async () => (await stage.Switch.TryCommandAsync(cancellationToken, "queue", "list", "--state", "held", "--json")).Output.Contains("format line 12", StringComparison.Ordinal), 10, cancellationToken);
        var sent = stage.Neighbour.Arrivals.Any(a => a.Text.Contains(Garbled, StringComparison.Ordinal) && !a.Text.Contains("1200.", StringComparison.Ordinal));
        if (Arrival() is not { } arrival) return (false, $"did not arrive; the garbled one was {(held ? "held" : "not held")}");
        using var result = await stage.Security.InspectAsync(Encoding.Latin1.GetBytes(arrival.Text.ReplaceLineEndings("\r\n")), asLiaison: false, cancellationToken);
        var identified = arrival.Text.Contains("MMHS-Acp127-Message-Identifier: RPDLE 0001 0341215", StringComparison.Ordinal);
        return (
            found && held && !sent && identified && result.Verdict is InspectionVerdict.Valid,
            $"{result.Report.Verdict} ({string.Join(", ", result.Report.Layers.Select(l => l.Type).Concat(result.Report.Reasons))}), identifier {(identified ? "kept" : "LOST")}; the garbled one {(held ? "held with its line" : "NOT held")}{(sent ? " and SENT" : "")}");

        DemoArrival? Arrival() => stage.Neighbour.Arrivals.FirstOrDefault(a => a.Subject == subject && a.Recipients.Contains("partner@signed.test"));
    }

    private void Put(int number, string line, string subject)
    {
        var message = string.Create(
            CultureInfo.InvariantCulture,
            $"VZCZCABA{number:000}\nPP RXFPA\nDE RPDLE {number:0000} 0341215\nP 031215Z FEB 26\nFM SACLANT\nTO RXFPA/PARTNER\nBT\nUNCLAS\nSIC ABC\nSUBJ: {subject}\n{line}\nBT\nNNNN\n");
        var path = Path.Combine(stage.Tape, string.Create(CultureInfo.InvariantCulture, $"{number}.tmp"));
        File.WriteAllText(path, message, Encoding.Latin1);
        File.Move(path, Path.ChangeExtension(path, ".txt"));
    }
}
