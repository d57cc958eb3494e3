using System.Text;

namespace MilSwitch.Labels.Carriers;

/// <summary>One parameter while its field is read: a single value, or sections in any order (RFC 2231 §3).</summary>
internal sealed class ParameterSections
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly SortedDictionary<int, Section> sections = [];

    /// <param name="number">-1: it is the only one.</param>
    /// <param name="isExtended">Percent encoded.</param>
    /// <param name="value">Without quotes.</param>
    /// <param name="start">Where its name is.</param>
    /// <param name="position">Where its value is.</param>
    /// <exception cref="LabelRefusedException">It is there already, in this form or another.</exception>
    public void Add(int number, bool isExtended, string value, int start, int position)
    {
        if (sections.Count > 0 && (number < 0 || sections.ContainsKey(-1))) throw new LabelRefusedException(LabelFault.Duplicate, "a parameter stands twice", start);
        if (!sections.TryAdd(number, new Section(isExtended, value, position))) throw new LabelRefusedException(LabelFault.Duplicate, "a section of a parameter stands twice", start);
    }

    /// <summary>The whole value.</summary>
    /// <exception cref="LabelRefusedException">A section is missing, or its octets are no text.</exception>
    public string Join()
    {
        var next = Math.Min(sections.Keys.First(), 0);
        var first = sections.First().Value;
        foreach (var (number, section) in sections)
        {
            if (number != next++) throw new LabelRefusedException(LabelFault.Malformed, "a section of a parameter is missing", section.Position);
            if (section.IsExtended && !first.IsExtended) throw new LabelRefusedException(LabelFault.Malformed, "a section is encoded in no known character set", section.Position);
        }

        if (!first.IsExtended) return string.Concat(sections.Values.Select(s => s.Value));
        var text = Decode(first);
        // What was hidden by the encoding is held to what may stand in the open.
        return text.Any(c => char.IsControl(c) && c is not '\t') ? throw new LabelRefusedException(LabelFault.Malformed, "a value has a character that no field has", first.Position) : text;
    }

    private string Decode(Section first)
    {
        var charsetEnd = first.Value.IndexOf('\'', StringComparison.Ordinal);
        var languageEnd = charsetEnd < 0 ? -1 : first.Value.IndexOf('\'', charsetEnd + 1);
        if (languageEnd < 0) throw new LabelRefusedException(LabelFault.Malformed, "an encoded value names no character set", first.Position);
        var octets = new List<byte>(first.Value.Length);
        foreach (var section in sections.Values)
        {
            var from = ReferenceEquals(section, first) ? languageEnd + 1 : 0;
            if (section.IsExtended) Unescape(section, from, octets);
            else octets.AddRange(Utf8.GetBytes(section.Value));
        }

        try
        {
            Encoding encoding = first.Value[..charsetEnd].ToUpperInvariant() switch
            {
                "UTF-8" => Utf8,
                "" or "US-ASCII" => Encoding.GetEncoding("us-ascii", EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback),
                "ISO-8859-1" => Encoding.Latin1,
                _ => throw new LabelRefusedException(LabelFault.Malformed, "a character set other than utf-8, us-ascii and iso-8859-1", first.Position),
            };
            return encoding.GetString([.. octets]);
        }
        catch (DecoderFallbackException fault)
        {
            throw new LabelRefusedException(LabelFault.Malformed, "the octets of a value are not of its character set", first.Position, fault);
        }
    }

    private static void Unescape(Section section, int from, List<byte> octets)
    {
        var text = section.Value;
        for (var i = from; i < text.Length; i++)
        {
            if (text[i] is '\'' or '*') throw new LabelRefusedException(LabelFault.Malformed, "an encoded value has a character that is to be encoded", section.Position + i);
            if (text[i] is not '%')
            {
                octets.Add((byte)text[i]);
                continue;
            }

            if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2])) throw new LabelRefusedException(LabelFault.Malformed, "a percent sign without its two digits", section.Position + i);
            octets.Add(Convert.ToByte(text.Substring(i + 1, 2), 16));
            i += 2;
        }
    }

    private sealed record Section(bool IsExtended, string Value, int Position);
}
