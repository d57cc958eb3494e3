using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Acp127;

/// <summary>
/// Reads one message of ACP 127 from its first format line to NNNN. One pass, bounded by <see cref="MostOctets"/>, <see cref="MostLines"/>
/// and <see cref="LongestLine"/>; never throws for any octets. Nothing is repaired: what breaks a rule is a garble. Stateless and thread-safe.
/// </summary>
public static class Acp127Reader
{
    /// <summary>Octets of a message.</summary>
    public const int MostOctets = 256 << 10;

    /// <summary>Lines of a message, empty ones included.</summary>
    public const int MostLines = 4_000;

    /// <summary>Characters of a line of a teletypewriter.</summary>
    public const int LongestLine = 69;

    // What ITA2 has in each of its national forms.
    private static readonly SearchValues<char> Characters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-?:().,'=/+ ");
    private static readonly string[] Months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

    /// <summary>Reads a message. Lines end in LF, CR LF or CR CR LF; empty ones before the first, around BT and before NNNN say nothing.</summary>
    public static Acp127Reading Read(ReadOnlySpan<byte> octets)
    {
        if (octets.Length > MostOctets) return new(null, new Acp127Garble(0, 0, $"more than {MostOctets} octets"));
        var lines = new List<string>();
        while (!octets.IsEmpty)
        {
            if (lines.Count == MostLines) return new(null, new Acp127Garble(MostLines + 1, 0, $"more than {MostLines} lines"));
            var end = octets.IndexOf((byte)'\n');
            var line = end < 0 ? octets : octets[..end];
            octets = end < 0 ? default : octets[(end + 1)..];
            for (var i = 0; i < 2 && end >= 0 && line is [.., (byte)'\r']; i++) line = line[..^1];
            line = line.TrimEnd((byte)' ');
            if (line.Length > LongestLine) return new(null, new Acp127Garble(lines.Count + 1, 0, $"more than {LongestLine} characters"));
            lines.Add(Encoding.Latin1.GetString(line));
        }

        var pass = new Pass(lines);
        return pass.TryRead(out var message) ? new(message, null) : new(null, pass.Garble ?? new Acp127Garble(0, 0, "not a message")) { Precedence = pass.Relay };
    }

    /// <summary>Only characters that ITA2 has.</summary>
    internal static bool IsText(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(Characters);

    internal static bool IsRouting(string text) => text.Length is >= 4 and <= 7 && (text[0] is 'R' or 'U') && text.All(char.IsAsciiLetterUpper);

    // An operating signal, or one behind the stations that it is for. Z and a space is Flash of format line 5.
    internal static bool IsInstruction(string line)
    {
        if (line is ['Z', not ' ', ..]) return true;
        var words = line.Split(' ');
        var first = Array.FindIndex(words, w => !IsRouting(w));
        return first > 0 && words[first] is ['Z', >= 'A' and <= 'Z', >= 'A' and <= 'Z'] or ['Z', >= 'A' and <= 'Z', >= 'A' and <= 'Z', >= '0' and <= '9'];
    }

    private static bool IsDigits(string text, int length) => text.Length == length && text.All(char.IsAsciiDigit);

    private static Precedence? Prosign(string text) => text switch
    {
        "Y" => Precedence.Override,
        "Z" => Precedence.Flash,
        "O" => Precedence.Immediate,
        "P" => Precedence.Priority,
        "R" => Precedence.Routine,
        _ => null,
    };

    private sealed class Pass(List<string> lines)
    {
        private int at;

        public Acp127Garble? Garble { get; private set; }

        /// <summary>Format line 2, once it was read.</summary>
        public Precedence? Relay { get; private set; }

        private string? Current => at < lines.Count ? lines[at] : null;

        public bool TryRead(out Acp127Message? message)
        {
            message = null;
            SkipEmpty();
            string? start = null;
            if (Current is { } first && (first.StartsWith("ZCZC", StringComparison.Ordinal) || first.StartsWith("VZCZC", StringComparison.Ordinal)))
            {
                var channel = first[(first[0] is 'V' ? 5 : 4)..];
                if (channel.Length is 0 or > 12 || !channel.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c))) return Fail(1, "no channel designator follows ZCZC");
                start = first;
                at++;
                SkipEmpty();
            }

            if (!TryCalled(out var relay, out var called)) return false;
            if (Current is not { } calling) return Fail(3, "the message ends before DE");
            var words = calling.Split(' ');
            if (words is not ["DE", var station, var serial, var filed] || !IsRouting(station)) return Fail(3, "not DE, a routing indicator, a serial number and the time of filing");
            if (serial.StartsWith('#')) serial = serial[1..];
            if (!IsDigits(serial, 4)) return Fail(3, "the station serial number is not of four digits");
            if (!IsFilingTime(filed)) return Fail(3, "the time of filing is not the day of a year, hour and minute");
            at++;
            var instructions = ImmutableArray.CreateBuilder<string>();
            while (Current is { } signal && IsInstruction(signal))
            {
                if (!IsSound(4, signal)) return false;
                instructions.Add(signal);
                at++;
            }

            if (!TryTime(out var primary, out var copy, out var time)) return false;
            var fromAt = at;
            if (!TryAddresses("FM", 6, out var from)) return false;
            if (from.Length > 1) return Fail(6, "more than one originator", fromAt + 1);
            if (!TryAddresses("TO", 7, out var to) || !TryAddresses("INFO", 8, out var info) || !TryAddresses("XMT", 9, out var exempted)) return false;
            if (from.Length is 0 && to.Length + info.Length + exempted.Length > 0) return Fail(6, "addressees without an originator", fromAt);
            if (from.Length is 1 && to.Length + info.Length is 0) return Fail(7, "an originator without addressees");
            int? groups = null;
            var uncounted = false;
            var countAt = at;
            if (Current is { } count && count.StartsWith("GR", StringComparison.Ordinal))
            {
                uncounted = count is "GRNC";
                if (!uncounted)
                {
                    var number = count[2..];
                    if (number.Length is 0 or > 5 || !number.All(char.IsAsciiDigit)) return Fail(10, "GR without the number of groups");
                    groups = int.Parse(number, CultureInfo.InvariantCulture);
                }

                at++;
            }

            if (from.Length is 0 && groups is null) return Fail(10, "Codress without the number of groups");
            SkipEmpty();
            if (Current is not "BT") return Fail(11, "not BT");
            at++;
            SkipEmpty();
            var text = ImmutableArray.CreateBuilder<string>();
            while (Current is not "BT")
            {
                if (Current is not { } line) return Fail(13, "the message ends before the second BT");
                if (!IsSound(12, line)) return false;
                if (line.Contains("NNNN", StringComparison.Ordinal) || line.Contains("ZCZC", StringComparison.Ordinal)) return Fail(12, "a message ends or begins inside the text");
                text.Add(line);
                at++;
            }

            while (text.Count > 0 && text[^1].Length is 0) text.RemoveAt(text.Count - 1);
            if (text.Count is 0) return Fail(12, "no text");
            at++;
            SkipEmpty();
            var repeats = Current == "#" + serial;
            if (repeats) at++;
            else if (Current is ['#', ..]) return Fail(15, "another serial number than in format line 3");
            SkipEmpty();
            if (Current is not "NNNN") return Fail(16, "not NNNN");
            at++;
            SkipEmpty();
            if (Current is not null) return Fail(16, "something follows NNNN");
            message = new Acp127Message
            {
                Start = start, RelayPrecedence = relay, Called = called, Calling = station, Serial = serial, FilingTime = filed, Instructions = instructions.ToImmutable(),
                Precedence = primary, CopyPrecedence = copy, DateTimeGroup = time, From = from.Length is 0 ? null : from[0], To = to, Info = info, Exempted = exempted,
                IsCounted = groups is not null, IsUncounted = uncounted, Text = text.ToImmutable(), RepeatsSerial = repeats,
            };
            if (groups is null || groups == message.Groups) return true;
            message = null;
            return Fail(10, "the text has another number of groups", countAt);
        }

        private bool TryCalled(out Precedence precedence, out ImmutableArray<string> called)
        {
            precedence = default;
            called = [];
            var words = Current?.Split(' ') ?? [];
            var sign = words is [{ Length: 1 or 2 } prosign, ..] && (prosign.Length is 1 || prosign[0] == prosign[1]) ? Prosign(prosign[..1]) : null;
            if (sign is null || words.Length < 2) return Fail(2, "not a precedence prosign and routing indicators");
            precedence = sign.Value;
            var all = ImmutableArray.CreateBuilder<string>();
            var next = words[1..];
            while (true)
            {
                if (!next.All(IsRouting)) return Fail(2, "not a routing indicator of 4 to 7 letters, R or U first");
                all.AddRange(next);
                at++;
                if (Current is null || Current.StartsWith("DE ", StringComparison.Ordinal)) break;
                next = Current.Split(' ');
            }

            called = all.ToImmutable();
            Relay = precedence;
            return true;
        }

        private static bool IsFilingTime(string text) =>
            IsDigits(text, 7) && int.Parse(text[..3], CultureInfo.InvariantCulture) is >= 1 and <= 366
            && int.Parse(text[3..5], CultureInfo.InvariantCulture) < 24 && int.Parse(text[5..], CultureInfo.InvariantCulture) < 60;

        private bool TryTime(out Precedence primary, out Precedence? copy, out DateTimeOffset time)
        {
            primary = default;
            copy = null;
            time = default;
            var words = Current?.Split(' ') ?? [];
            if (words.Length is not (4 or 5) || Prosign(words[0]) is not { } first) return Fail(5, "not one or two precedence prosigns and a date-time group");
            primary = first;
            if (words.Length is 5)
            {
                copy = Prosign(words[1]);
                if (copy is null || copy >= primary) return Fail(5, "the second precedence is none, or not lower than the first");
            }

            var (clock, month, year) = (words[^3], Array.IndexOf(Months, words[^2]) + 1, words[^1]);
            if (clock.Length is not 7 || clock[6] is not 'Z' || !IsDigits(clock[..6], 6) || month is 0 || !IsDigits(year, 2)) return Fail(5, "not a date-time group of Zulu time: DDHHMMZ MON YY");
            var digits = int.Parse(clock[..6], CultureInfo.InvariantCulture);
            var (day, hour, minute, full) = (digits / 10_000, digits / 100 % 100, digits % 100, 2000 + int.Parse(year, CultureInfo.InvariantCulture));
            if (day is 0 || day > DateTime.DaysInMonth(full, month) || hour > 23 || minute > 59) return Fail(5, "no such day or time");
            time = new DateTimeOffset(full, month, day, hour, minute, 0, TimeSpan.Zero);
            at++;
            return true;
        }

        private bool TryAddresses(string prosign, int formatLine, out ImmutableArray<Acp127Addressee> addressees)
        {
            addressees = [];
            if (Current is not { } line || !line.StartsWith(prosign + " ", StringComparison.Ordinal)) return true;
            var all = ImmutableArray.CreateBuilder<Acp127Addressee>();
            var text = line[(prosign.Length + 1)..];
            while (true)
            {
                if (!IsSound(formatLine, text)) return false;
                var slash = text.IndexOf('/', StringComparison.Ordinal);
                var prefix = slash < 0 ? "" : text[..slash];
                var marked = prefix is "ZEN" || IsRouting(prefix);
                var name = marked ? text[(slash + 1)..] : text;
                if (name.Length is 0 || name[0] is ' ' || name.Contains("  ", StringComparison.Ordinal)) return Fail(formatLine, "not one addressee");
                all.Add(new Acp127Addressee(name, marked && prefix is not "ZEN" ? prefix : null, prefix is "ZEN"));
                at++;
                if (Current is not { Length: > 0 } next || next is "BT" || next.StartsWith("GR", StringComparison.Ordinal) && next.Length > 2 && (next is "GRNC" || char.IsAsciiDigit(next[2]))) break;
                if (next.Split(' ')[0] is "FM" or "TO" or "INFO" or "XMT") break;
                text = next;
            }

            addressees = all.ToImmutable();
            return true;
        }

        private bool IsSound(int formatLine, string line) =>
            IsText(line) || Fail(formatLine, "a character that ITA2 doesn't have");

        private void SkipEmpty()
        {
            while (Current is "") at++;
        }

        private bool Fail(int formatLine, string reason) => Fail(formatLine, reason, at);

        private bool Fail(int formatLine, string reason, int index)
        {
            Garble ??= new Acp127Garble(Math.Min(index, lines.Count - 1) + 1, formatLine, reason);
            return false;
        }
    }
}
