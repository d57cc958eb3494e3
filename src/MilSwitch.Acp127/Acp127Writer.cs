using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Acp127;

/// <summary>
/// Writes messages in one form: lines end in CR CR LF, the prosign of format line 2 is doubled, eight line feeds go before NNNN.
/// Stateless and thread-safe.
/// </summary>
public static class Acp127Writer
{
    private const string LineEnd = "\r\r\n";

    /// <summary>The message; <see cref="Acp127Reader"/> reads the same from it.</summary>
    /// <exception cref="FormatException">The format can't hold it; the text names the format line and the reason, not the value.</exception>
    public static byte[] Write(Acp127Message message)
    {
        var text = new StringBuilder();
        if (message.Start is { } start) Add(start);
        var line = new string(Prosign(message.RelayPrecedence, 2), 2);
        foreach (var called in message.Called)
        {
            if (line.Length + 1 + called.Length > Acp127Reader.LongestLine)
            {
                Add(line);
                line = called;
            }
            else
            {
                line += " " + called;
            }
        }

        Add(line);
        Add($"DE {message.Calling} {message.Serial} {message.FilingTime}");
        foreach (var instruction in message.Instructions) Add(instruction);
        var copy = message.CopyPrecedence is { } second ? Prosign(second, 5) + " " : "";
        Add($"{Prosign(message.Precedence, 5)} {copy}{message.DateTimeGroup.ToUniversalTime().ToString("ddHHmm'Z' MMM yy", CultureInfo.InvariantCulture).ToUpperInvariant()}");
        if (message.From is { } from) Add("FM " + from);
        AddAll("TO ", message.To);
        AddAll("INFO ", message.Info);
        AddAll("XMT ", message.Exempted);
        if (message.IsUncounted) Add("GRNC");
        else if (message.IsCounted) Add("GR" + message.Groups.ToString(CultureInfo.InvariantCulture));
        Add("BT");
        foreach (var words in message.Text) Add(words);
        Add("BT");
        if (message.RepeatsSerial) Add("#" + message.Serial);
        text.Append("\r\r").Append('\n', 8).Append("NNNN").Append(LineEnd);
        // Latin-1 would make '?' of what it hasn't, which the format has.
        if (!Ascii.IsValid(text.ToString())) throw new FormatException("a character that ITA2 doesn't have");
        var octets = Encoding.ASCII.GetBytes(text.ToString());
        // The reader knows all the rules: what it doesn't read back as it was would be another message at the other end.
        var reading = Acp127Reader.Read(octets);
        if (reading.Garble is { } garble) throw new FormatException($"format line {garble.FormatLine}: {garble.Reason}");
        if (!message.Equals(reading.Message)) throw new FormatException("a value that would be read as another");
        return octets;

        void Add(string value) => text.Append(value).Append(LineEnd);

        void AddAll(string prosign, ImmutableArray<Acp127Addressee> addressees)
        {
            for (var i = 0; i < addressees.Length; i++) Add(i is 0 ? prosign + addressees[i] : addressees[i].ToString());
        }
    }

    private static char Prosign(Precedence precedence, int formatLine) => precedence switch
    {
        Precedence.Override => 'Y',
        Precedence.Flash => 'Z',
        Precedence.Immediate => 'O',
        Precedence.Priority => 'P',
        Precedence.Routine => 'R',
        _ => throw new FormatException($"format line {formatLine}: {precedence.Keyword()} has no prosign"),
    };
}
