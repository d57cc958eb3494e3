using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace MilSwitch.Checks.Parts;

/// <summary>
/// A Content-Type value (RFC 2045 §5.1) or a Content-Disposition value (RFC 2183 §2), read to the letter of its grammar.
/// Reading never throws; what does not fit is a fault.
/// </summary>
/// <param name="Main"><c>type/subtype</c> or the disposition, in lower case.</param>
/// <param name="Parameters">Names in lower case; those of RFC 2231 keep their asterisks.</param>
/// <param name="Faults">Of this value.</param>
internal sealed record StructuredValue(string Main, ImmutableArray<(string Name, string Value)> Parameters, PartFaults Faults)
{
    public static StructuredValue ReadType(ReadOnlySpan<byte> value) => new Reader(value).Read(hasSubtype: true, otherwise: "application/octet-stream");

    public static StructuredValue ReadDisposition(ReadOnlySpan<byte> value) => new Reader(value).Read(hasSubtype: false, otherwise: "attachment");

    /// <summary>In its plain form; null when it is not there.</summary>
    public string? Parameter(string name)
    {
        foreach (var (each, value) in Parameters)
        {
            if (each == name) return value;
        }

        return null;
    }

    /// <summary>There are pieces or encoded forms of it (RFC 2231 §3, §4).</summary>
    public bool IsExtended(string name) => Parameters.Any(p => IsExtensionOf(p.Name, name));

    /// <summary>Its pieces joined as they stand and decoded as UTF-8 (RFC 2231 §3, §4); null without any. Bad escapes stay as they are.</summary>
    public string? Extended(string name)
    {
        var joined = new StringBuilder();
        foreach (var (each, value) in Parameters)
        {
            if (!IsExtensionOf(each, name)) continue;
            var piece = value;
            if (each[^1] is '*')
            {
                // charset'language'text, in the first piece only.
                if (joined.Length is 0 && piece.Split('\'', 3) is [_, _, var text]) piece = text;
                piece = Uri.UnescapeDataString(piece);
            }

            joined.Append(piece);
        }

        return joined.Length is 0 ? null : joined.ToString();
    }

    private static bool IsExtensionOf(string each, string name) =>
        each.Length > name.Length && each[name.Length] is '*' && each.StartsWith(name, StringComparison.Ordinal);

    private ref struct Reader(ReadOnlySpan<byte> text)
    {
        private readonly ReadOnlySpan<byte> text = text;
        private int position;
        private PartFaults faults;

        public StructuredValue Read(bool hasSubtype, string otherwise)
        {
            var main = "";
            if (!TrySkip() || !TryToken(out main)) return new(otherwise, [], faults | PartFaults.MalformedField);
            if (hasSubtype)
            {
                if (!TrySkip() || !TryPass((byte)'/') || !TrySkip() || !TryToken(out var subtype)) return new(otherwise, [], faults | PartFaults.MalformedField);
                main = $"{main}/{subtype}";
            }

            var parameters = ImmutableArray.CreateBuilder<(string Name, string Value)>();
            if (!TryParameters(parameters)) faults |= PartFaults.MalformedField;
            var names = new HashSet<string>(StringComparer.Ordinal);
            foreach (var (name, _) in parameters)
            {
                if (!names.Add(name)) faults |= PartFaults.RepeatedParameter;
            }

            foreach (var name in names)
            {
                // filename beside filename* is what RFC 6266 tells others to write: two names, both of which are looked at.
                if (name.IndexOf('*', StringComparison.Ordinal) is var star and > 0 && name[..star] is not ("filename" or "name") && names.Contains(name[..star]))
                    faults |= PartFaults.RepeatedParameter;
            }

            if (!AreSound(parameters)) faults |= PartFaults.MalformedField;
            return new(main, parameters.ToImmutable(), faults);
        }

        // RFC 2231 §3: pieces count from 0. Where one is missing, or they stand in another order or beside an undivided one, readers join other values.
        private static bool AreSound(IEnumerable<(string Name, string Value)> parameters)
        {
            const int Undivided = -1;
            var next = new Dictionary<string, int>(StringComparer.Ordinal);
            foreach (var (name, _) in parameters)
            {
                var star = name.IndexOf('*', StringComparison.Ordinal);
                if (star < 0) continue;
                var (whole, piece) = (name[..star], name[(star + 1)..]);
                var expected = next.GetValueOrDefault(whole);
                if (piece.Length is 0 && expected is 0) next[whole] = Undivided;
                else if (expected is not Undivided && (piece.EndsWith('*') ? piece[..^1] : piece) == expected.ToString(CultureInfo.InvariantCulture)) next[whole] = expected + 1;
                else return false;
            }

            return true;
        }

        private bool TryParameters(ImmutableArray<(string Name, string Value)>.Builder into)
        {
            while (TrySkip())
            {
                if (position == text.Length) return true;
                if (!TryPass((byte)';') || !TrySkip()) return false;
                // A semicolon at the end is odd, but nobody takes it for anything.
                if (position == text.Length) return true;
                if (!TryToken(out var name) || !TrySkip() || !TryPass((byte)'=') || !TrySkip() || !TryValue(out var value)) return false;
                into.Add((name, value));
            }

            return false;
        }

        private bool TrySkip()
        {
            var isClosed = WhiteSpace.TrySkip(text, ref position, out var hasComment);
            if (hasComment) faults |= PartFaults.Comment;
            return isClosed;
        }

        private bool TryPass(byte expected)
        {
            if (position >= text.Length || text[position] != expected) return false;
            position++;
            return true;
        }

        private bool TryToken(out string token)
        {
            var from = position;
            while (position < text.Length && IsTokenCharacter(text[position])) position++;
            token = Encoding.ASCII.GetString(text[from..position]).ToLowerInvariant();
            return position > from;
        }

        private bool TryValue(out string value)
        {
            value = "";
            if (position >= text.Length) return false;
            if (text[position] == (byte)'"') return TryQuoted(out value);
            var from = position;
            while (position < text.Length && IsTokenCharacter(text[position])) position++;
            value = Encoding.ASCII.GetString(text[from..position]);
            return position > from;
        }

        private bool TryQuoted(out string value)
        {
            value = "";
            var unquoted = new List<byte>();
            for (position++; position < text.Length; position++)
            {
                switch (text[position])
                {
                    case (byte)'"':
                        position++;
                        value = Encoding.UTF8.GetString([.. unquoted]);
                        return true;
                    case (byte)'\\':
                        faults |= PartFaults.Comment;
                        if (++position >= text.Length) return false;
                        break;
                    case (byte)'\r' or (byte)'\n':
                        continue;
                }

                unquoted.Add(text[position]);
            }

            return false;
        }

        private static bool IsTokenCharacter(byte c) =>
            c is > (byte)' ' and < 0x7f && !"()<>@,;:\\\"/[]?="u8.Contains(c);
    }
}
