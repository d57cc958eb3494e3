using System.Formats.Asn1;
using System.Globalization;
using System.Text;

namespace MilSwitch.Smime.Certificates;

/// <summary>
/// <c>Name ::= RDNSequence</c> (RFC 5280 §4.1.2.4). Two are equal by the rules of §7.1: attribute by attribute, letters without
/// regard to case, runs of spaces as one. Immutable.
/// </summary>
public sealed class DistinguishedName : IEquatable<DistinguishedName>
{
    private const int MostAttributes = 256;

    private static readonly Dictionary<string, string> ShortNames = new(StringComparer.Ordinal)
    {
        ["2.5.4.3"] = "CN", ["2.5.4.4"] = "SN", ["2.5.4.5"] = "serialNumber", ["2.5.4.6"] = "C", ["2.5.4.7"] = "L", ["2.5.4.8"] = "ST", ["2.5.4.9"] = "STREET",
        ["2.5.4.10"] = "O", ["2.5.4.11"] = "OU", ["2.5.4.12"] = "title", ["2.5.4.42"] = "GN", ["2.5.4.46"] = "dnQualifier", ["2.5.4.65"] = "pseudonym",
        ["0.9.2342.19200300.100.1.25"] = "DC", ["0.9.2342.19200300.100.1.1"] = "UID", [CertificateOids.EmailAddress] = "emailAddress",
    };

    private readonly string[] canonical;
    private readonly string text;

    private DistinguishedName(ReadOnlyMemory<byte> encoded, string[] canonical, string text, string[] emailAddresses)
    {
        Encoded = encoded;
        this.canonical = canonical;
        this.text = text;
        EmailAddresses = emailAddresses;
    }

    /// <summary>As it was read.</summary>
    public ReadOnlyMemory<byte> Encoded { get; }

    public bool IsEmpty => canonical.Length is 0;

    /// <summary>Values of the legacy emailAddress attribute (RFC 5280 §4.1.2.6).</summary>
    public IReadOnlyList<string> EmailAddresses { get; }

    /// <summary>Takes one from the reader.</summary>
    /// <exception cref="AsnContentException">It is no name.</exception>
    public static DistinguishedName Read(AsnReader reader)
    {
        var encoded = reader.PeekEncodedValue();
        var sequence = reader.ReadSequence();
        var canonical = new List<string>();
        var texts = new List<string>();
        var addresses = new List<string>();
        while (sequence.HasData)
        {
            var (key, text) = ReadRelative(sequence.ReadSetOf(skipSortOrderValidation: true), addresses);
            if (canonical.Count == MostAttributes) throw new AsnContentException("a name of too many attributes");
            canonical.Add(key);
            texts.Add(text);
        }

        // RFC 4514 §2.1 prints the last first.
        texts.Reverse();
        return new DistinguishedName(encoded, [.. canonical], string.Join(",", texts), [.. addresses]);
    }

    /// <summary>This name, and a relative one behind it (RFC 5280 §4.2.1.13, <c>nameRelativeToCRLIssuer</c>).</summary>
    /// <param name="relative">The elements of a RelativeDistinguishedName.</param>
    internal DistinguishedName Append(AsnReader relative)
    {
        var addresses = new List<string>(EmailAddresses);
        var (key, last) = ReadRelative(relative, addresses);
        return new DistinguishedName(default, [.. canonical, key], text.Length is 0 ? last : $"{last},{text}", [.. addresses]);
    }

    /// <summary>Reads a relative name to its end, for its form only.</summary>
    /// <exception cref="AsnContentException">It is none.</exception>
    internal static void Check(AsnReader relative) => ReadRelative(relative, []);

    /// <summary>The values of an attribute that are text, in their order; none for a name that was put together.</summary>
    /// <param name="type">Object identifier.</param>
    internal IReadOnlyList<string> Values(string type)
    {
        var values = new List<string>();
        if (Encoded.IsEmpty) return values;
        // Its form was checked when it was read.
        for (var sequence = new AsnReader(Encoded, AsnEncodingRules.BER).ReadSequence(); sequence.HasData;)
        {
            for (var set = sequence.ReadSetOf(skipSortOrderValidation: true); set.HasData;)
            {
                var attribute = set.ReadSequence();
                // A value that is no text is a name all the same.
                if (attribute.ReadObjectIdentifier() == type) values.Add(ReadText(attribute, out _) ?? "");
            }
        }

        return values;
    }

    /// <summary>This name is that one or stands below it (RFC 5280 §7.1).</summary>
    public bool IsWithin(DistinguishedName other) =>
        canonical.Length >= other.canonical.Length && canonical.AsSpan(0, other.canonical.Length).SequenceEqual(other.canonical);

    public bool Equals(DistinguishedName? other) => other is not null && canonical.AsSpan().SequenceEqual(other.canonical);

    public override bool Equals(object? obj) => Equals(obj as DistinguishedName);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var part in canonical) hash.Add(part, StringComparer.Ordinal);
        return hash.ToHashCode();
    }

    /// <summary>As RFC 4514 writes it.</summary>
    public override string ToString() => text;

    private static (string Key, string Text) ReadRelative(AsnReader set, List<string> addresses)
    {
        var keys = new List<string>();
        var texts = new List<string>();
        while (set.HasData)
        {
            if (keys.Count == MostAttributes) throw new AsnContentException("a name of too many attributes");
            var attribute = set.ReadSequence();
            var type = attribute.ReadObjectIdentifier();
            var value = ReadText(attribute, out var octets);
            attribute.ThrowIfNotEmpty();
            var comparable = value is null ? "#" + Convert.ToHexString(octets.Span) : Fold(value);
            // With its length, so that no value can look like a value and another attribute.
            keys.Add(string.Create(CultureInfo.InvariantCulture, $"{type}={comparable.Length}:{comparable}"));
            texts.Add($"{ShortNames.GetValueOrDefault(type, type)}={(value is null ? comparable : Escape(value))}");
            if (type == CertificateOids.EmailAddress && value is not null) addresses.Add(value);
        }

        if (keys.Count is 0) throw new AsnContentException("an empty part of a name");
        keys.Sort(StringComparer.Ordinal);
        return (string.Concat(keys), string.Join("+", texts));
    }

    private static string? ReadText(AsnReader attribute, out ReadOnlyMemory<byte> octets)
    {
        octets = attribute.PeekEncodedValue();
        var tag = attribute.PeekTag();
        if (tag.TagClass == TagClass.Universal)
        {
            switch ((UniversalTagNumber)tag.TagValue)
            {
                case UniversalTagNumber.UTF8String or UniversalTagNumber.PrintableString or UniversalTagNumber.IA5String or UniversalTagNumber.BMPString
                    or UniversalTagNumber.NumericString or UniversalTagNumber.VisibleString or UniversalTagNumber.T61String:
                    try
                    {
                        return attribute.ReadCharacterString((UniversalTagNumber)tag.TagValue);
                    }
                    catch (AsnContentException)
                    {
                        // Letters that the type has not, as old issuers wrote them: compared by its octets, as any other type.
                        break;
                    }
            }
        }

        attribute.ReadEncodedValue();
        return null;
    }

    private static string Fold(string value)
    {
        var folded = new StringBuilder(value.Length);
        foreach (var c in value.AsSpan().Trim(' '))
        {
            if (c == ' ' && folded[^1] == ' ') continue;
            folded.Append(char.ToLowerInvariant(c));
        }

        return folded.ToString();
    }

    private static string Escape(string value)
    {
        var escaped = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            var c = value[i];
            // RFC 4514 §2.4.
            if (c is '"' or '+' or ',' or ';' or '<' or '>' or '\\' || (c is ' ' or '#' && i is 0) || (c is ' ' && i == value.Length - 1)) escaped.Append('\\').Append(c);
            else if (char.IsControl(c)) escaped.Append(CultureInfo.InvariantCulture, $"\\{(int)c:X2}");
            else escaped.Append(c);
        }

        return escaped.ToString();
    }
}
