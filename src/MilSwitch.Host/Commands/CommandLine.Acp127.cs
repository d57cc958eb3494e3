using System.CommandLine;
using System.Text;
using System.Text.Json;
using MilSwitch.Acp127;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Host.Commands;

/// <summary>Messages of ACP 127 judged offline: no node, no network.</summary>
public sealed partial class CommandLine
{
    private Command Acp127()
    {
        var file = new Argument<string>("FILE") { Description = "A message of ACP 127; '-' for standard input", DefaultValueFactory = _ => "-" };
        var print = new Option<bool>("--json") { Description = "Print what was found as JSON" };
        var check = new Command("check", "Whether a message keeps to the format; exit 1 and the line marked when it is garbled") { file, print };
        check.SetAction(arguments =>
        {
            var octets = MessageFile.Read(environment, "FILE", arguments.GetRequiredValue(file));
            var reading = Acp127Reader.Read(octets.Span);
            if (arguments.GetValue(print)) environment.Output.WriteLine(ToJson(reading));
            else if (reading.Garble is { } garble) Write(octets, garble);
            else Write(reading.Message!);
            return reading.Garble is null ? ExitCodes.Done : ExitCodes.Bad;
        });
        Example(check, "milswitch acp127 check message.txt", "milswitch acp127 check - --json < message.txt");
        return new Command("acp127", "Messages of ACP 127") { check, Acp127ToMailCommand(), Acp127FromMailCommand() };
    }

    private void Write(Acp127Message message)
    {
        environment.Output.WriteLine($"sound: {message.Calling} {message.Serial} {message.FilingTime}");
        var copy = message.CopyPrecedence is { } level ? $", information {level.Keyword()}" : "";
        environment.Output.WriteLine($"precedence: {message.Precedence.Keyword()}{copy}");
        environment.Output.WriteLine($"date-time group: {MilSwitch.Mime.DateTimeGroup.Format(message.DateTimeGroup)}");
        environment.Output.WriteLine($"from: {message.From?.ToString() ?? "Codress"}");
        foreach (var (name, addressees) in new[] { ("to", message.To), ("info", message.Info), ("exempted", message.Exempted) })
        {
            foreach (var addressee in addressees) environment.Output.WriteLine($"{name}: {addressee}");
        }

        if (message.Classification is { } classification) environment.Output.WriteLine($"classification: {classification}");
        if (message.SubjectIndicatorCodes is { Length: > 0 } codes) environment.Output.WriteLine($"subject indicator codes: {string.Join(' ', codes)}");
        environment.Output.WriteLine($"groups: {message.Groups}");
    }

    // A whole that is too large is not shown: its lines may be anything.
    private void Write(ReadOnlyMemory<byte> octets, Acp127Garble garble)
    {
        var where = garble.FormatLine > 0 ? $"line {garble.Line}, format line {garble.FormatLine}" : garble.Line > 0 ? $"line {garble.Line}" : "the whole";
        if (octets.Length <= Acp127Reader.MostOctets)
        {
            var number = 0;
            foreach (var line in Encoding.Latin1.GetString(octets.Span).Split('\n'))
            {
                if (++number > Acp127Reader.MostLines + 1) break;
                environment.Output.WriteLine($"{(number == garble.Line ? '>' : ' ')}{number,5} {Text.Printable(line.TrimEnd('\r'))}");
            }
        }

        environment.Output.WriteLine($"garbled: {where}: {garble.Reason}");
    }

    private static string ToJson(Acp127Reading reading)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteBoolean("sound", reading.Garble is null);
            if (reading.Garble is { } garble)
            {
                json.WriteNumber("line", garble.Line);
                json.WriteNumber("formatLine", garble.FormatLine);
                json.WriteString("reason", garble.Reason);
            }

            if (reading.Message is { } message)
            {
                json.WriteString("identifier", $"{message.Calling} {message.Serial} {message.FilingTime}");
                json.WriteString("precedence", message.Precedence.Keyword());
                if (message.CopyPrecedence is { } copy) json.WriteString("copyPrecedence", copy.Keyword());
                json.WriteString("dateTimeGroup", message.DateTimeGroup.UtcDateTime);
                if (message.From is { } from) json.WriteString("from", from.ToString());
                WriteAll("to", message.To.Select(a => a.ToString()));
                WriteAll("info", message.Info.Select(a => a.ToString()));
                WriteAll("exempted", message.Exempted.Select(a => a.ToString()));
                if (message.Classification is { } classification) json.WriteString("classification", classification);
                WriteAll("subjectIndicatorCodes", message.SubjectIndicatorCodes);
                json.WriteNumber("groups", message.Groups);
            }

            json.WriteEndObject();

            void WriteAll(string name, IEnumerable<string> values)
            {
                json.WriteStartArray(name);
                foreach (var value in values) json.WriteStringValue(value);
                json.WriteEndArray();
            }
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }
}
