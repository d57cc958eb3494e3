using System.Buffers.Text;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Carriers;

/// <summary>
/// The <c>SIO-Label</c> field (RFC 7444 §4): a display marking, a label, or both. The marking is for display only and never the label: what
/// the message is, <see cref="Decode"/> says. Immutable.
/// </summary>
public sealed record SioLabel
{
    public const string FieldName = "SIO-Label";

    /// <summary><see cref="Type"/> of an ESS label.</summary>
    public const string Ess = ":ess";

    /// <summary><see cref="Type"/> of an X.411 label.</summary>
    public const string X411 = ":x411";

    /// <summary><see cref="Type"/> of a label in XML, whose root element says which.</summary>
    public const string Xml = ":xml";

    private const int LongestMarking = 4_096;
    private const int LongestType = 1_024;

    /// <param name="marking">Null: absent.</param>
    /// <param name="type"><c>:ess</c>, <c>:x411</c>, <c>:xml</c> or a URI; null: no label.</param>
    /// <param name="labelOctets">The label, not in base64; empty: none.</param>
    /// <param name="foreground">A colour, with a marking only; null: black.</param>
    /// <param name="background">A colour, with a marking only; null: white.</param>
    /// <exception cref="LabelRefusedException">RFC 7444 does not allow that.</exception>
    public SioLabel(string? marking, string? type = null, ReadOnlyMemory<byte> labelOctets = default, string? foreground = null, string? background = null)
    {
        if (type is null != labelOctets.IsEmpty) throw new LabelRefusedException(LabelFault.Malformed, "type and label are there both or neither");
        if (marking is null && type is null) throw new LabelRefusedException(LabelFault.Malformed, "neither a marking nor a label");
        if (marking is null && (foreground ?? background) is not null) throw new LabelRefusedException(LabelFault.Malformed, "a colour without a marking");
        if (marking is { Length: 0 or > LongestMarking }) throw new LabelRefusedException(LabelFault.TooLarge, "a marking has from 1 to 4096 characters");
        if (type is not null and not (Ess or X411 or Xml) && !LabelTypeUri.IsUri(type)) throw new LabelRefusedException(LabelFault.Malformed, "the type is none of :ess, :x411 and :xml, and no URI");
        if (type is { Length: > LongestType } || labelOctets.Length > LabelBounds.EncodedOctets) throw new LabelRefusedException(LabelFault.TooLarge, "the label is larger than is allowed");
        Marking = marking;
        Type = type;
        LabelOctets = labelOctets;
        Foreground = foreground is null ? null : LabelColour.Check(foreground);
        Background = background is null ? null : LabelColour.Check(background);
    }

    /// <summary>Text to show to people; null: absent.</summary>
    public string? Marking { get; }

    /// <summary>Null: there is no label.</summary>
    public string? Type { get; }

    /// <summary>The label as <see cref="Type"/> says; empty: none.</summary>
    public ReadOnlyMemory<byte> LabelOctets { get; }

    /// <summary><c>#rrggbb</c> or a name of RFC 7444 §4, in lower case; null: black.</summary>
    public string? Foreground { get; }

    /// <summary>As <see cref="Foreground"/>; null: white.</summary>
    public string? Background { get; }

    /// <summary>Reads the field. Parameters of other names are left alone (§4), but may not make it unreadable.</summary>
    /// <param name="body">What stands behind the colon, folded or not.</param>
    /// <exception cref="LabelRefusedException">It is no such field; the position is a character's, or -1 where no single one is at fault.</exception>
    public static SioLabel Parse(string body) => Of(FieldParameters.Read(body), "") ?? throw new LabelRefusedException(LabelFault.Malformed, "neither a marking nor a label");

    /// <summary>Carries a label as ESS.</summary>
    /// <exception cref="LabelRefusedException">It can't be written.</exception>
    public static SioLabel Of(SecurityLabel label, string? marking = null, string? foreground = null, string? background = null) => new(marking, Ess, EssLabel.Encode(label), foreground, background);

    /// <summary>
    /// The label, when it is <c>:ess</c> or <c>:x411</c>. Null: there is none, or it is in another form, of which <see cref="Type"/> and
    /// <see cref="LabelOctets"/> tell.
    /// </summary>
    /// <param name="policies">Tell what kind the numbers of the MISSI syntax are.</param>
    /// <exception cref="LabelRefusedException">The octets are no such label.</exception>
    public SecurityLabel? Decode(PolicySet policies)
    {
        var label = Type switch { Ess => EssLabel.Read(LabelOctets), X411 => X411Label.Read(LabelOctets), _ => null };
        return label is not null && policies.Find(label.Policy) is { } policy ? MissiCategories.Resolve(label, policy) : label;
    }

    /// <summary>What stands behind the colon, folded in lines of at most 78 characters, without a line end behind it.</summary>
    /// <exception cref="LabelRefusedException">A control character in the marking.</exception>
    public string Format()
    {
        var writer = new ParameterWriter(FieldName);
        Write(writer, "");
        return writer.ToString();
    }

    public bool Equals(SioLabel? other) => other is not null && Marking == other.Marking && Type == other.Type && LabelOctets.Span.SequenceEqual(other.LabelOctets.Span)
        && Foreground == other.Foreground && Background == other.Background;

    public override int GetHashCode() => HashCode.Combine(Marking, Type, LabelOctets.Length, Foreground, Background);

    internal static SioLabel? Of(Dictionary<string, string> parameters, string prefix)
    {
        var marking = parameters.GetValueOrDefault(prefix + "marking");
        var type = parameters.GetValueOrDefault(prefix + "type");
        var label = parameters.GetValueOrDefault(prefix + "label");
        var foreground = parameters.GetValueOrDefault(prefix + "fgcolor");
        var background = parameters.GetValueOrDefault(prefix + "bgcolor");
        if ((marking ?? type ?? label ?? foreground ?? background) is null) return null;
        return new SioLabel(marking, type, label is null ? default : FromBase64(label), foreground, background);
    }

    internal void Write(ParameterWriter writer, string prefix)
    {
        writer.Add(prefix + "marking", Marking);
        writer.AddToken(prefix + "fgcolor", Foreground);
        writer.AddToken(prefix + "bgcolor", Background);
        writer.Add(prefix + "type", Type);
        if (!LabelOctets.IsEmpty) writer.Add(prefix + "label", Convert.ToBase64String(LabelOctets.Span));
    }

    // RFC 4648 §4, with white space where lines were folded. Bits behind the last octet must be zero: one label, one text.
    private static byte[] FromBase64(string text)
    {
        var octets = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        if (!Convert.TryFromBase64String(text, octets, out var count) || count is 0) throw new LabelRefusedException(LabelFault.Malformed, "the label is not base64");
        octets = octets[..count];
        var plain = text.Where(c => c is not (' ' or '\t'));
        return plain.SequenceEqual(Convert.ToBase64String(octets)) ? octets : throw new LabelRefusedException(LabelFault.Malformed, "the label is not base64");
    }
}
