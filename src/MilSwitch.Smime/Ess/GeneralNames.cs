using System.Formats.Asn1;
using System.Text;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Smime.Ess;

/// <summary>
/// <c>GeneralNames ::= SEQUENCE SIZE (1..MAX) OF GeneralName</c> (RFC 5280 §4.2.1.6): the names of one entity, kept encoded.
/// Immutable; equal when the encodings are.
/// </summary>
public sealed class GeneralNames : IEquatable<GeneralNames>
{
    private const int Most = 64;
    private static readonly Asn1Tag Rfc822Name = EssValue.Context(1);
    private static readonly Asn1Tag DirectoryName = EssValue.Context(4, isConstructed: true);

    /// <summary>Of encoded names, at least one.</summary>
    public GeneralNames(IReadOnlyList<ReadOnlyMemory<byte>> names)
    {
        ArgumentOutOfRangeException.ThrowIfZero(names.Count);
        Names = names;
        Addresses = [.. names.Where(n => Asn1Tag.Decode(n.Span, out _) == Rfc822Name).Select(n => AsnDecoder.ReadCharacterString(n.Span, AsnEncodingRules.BER, UniversalTagNumber.IA5String, out _, Rfc822Name))];
    }

    /// <summary>Encoded, each with its own tag.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Names { get; }

    /// <summary>The mail addresses among them (rfc822Name).</summary>
    public IReadOnlyList<string> Addresses { get; }

    /// <summary>Of one mail address; ASCII, as rfc822Name wants it (RFC 8398 has another form for others).</summary>
    public static GeneralNames OfAddress(string address)
    {
        if (!Ascii.IsValid(address)) throw new ArgumentException("an rfc822Name is ASCII", nameof(address));
        return new GeneralNames([EssValue.Encode(w => w.WriteCharacterString(UniversalTagNumber.IA5String, address, Rfc822Name))]);
    }

    /// <summary>Of one directory name, encoded.</summary>
    public static GeneralNames OfDirectoryName(ReadOnlyMemory<byte> name) => new([EssValue.Encode(w =>
    {
        // Name is a CHOICE, so this tag is explicit.
        using (w.PushSequence(DirectoryName)) w.WriteEncodedValue(name.Span);
    })]);

    /// <summary>The entity is one that has any of these addresses; domains in any case, local parts as they stand (RFC 5280 §7.5).</summary>
    public bool HasAny(IReadOnlyCollection<string> addresses) => Addresses.Any(own => addresses.Any(other => IsSameMailbox(own, other)));

    public bool Equals(GeneralNames? other) => other is not null && Names.Count == other.Names.Count && Names.Zip(other.Names).All(p => p.First.Span.SequenceEqual(p.Second.Span));

    public override bool Equals(object? obj) => Equals(obj as GeneralNames);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var name in Names) hash.AddBytes(name.Span);
        return hash.ToHashCode();
    }

    public override string ToString() => Addresses.Count > 0 ? string.Join(", ", Addresses) : $"{Names.Count} names";

    /// <exception cref="AsnContentException">They are none.</exception>
    internal static GeneralNames Read(AsnReader reader, Asn1Tag? tag = null) =>
        new(EssValue.Many(reader.ReadSequence(tag), 1, Most, r => r.PeekTag().TagClass is TagClass.ContextSpecific ? r.ReadEncodedValue() : throw new AsnContentException()));

    internal void Write(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            foreach (var name in Names) writer.WriteEncodedValue(name.Span);
        }
    }

    private static bool IsSameMailbox(string left, string right)
    {
        var at = left.LastIndexOf('@');
        return at >= 0 && left.Length == right.Length && left.AsSpan(0, at).SequenceEqual(right.AsSpan(0, at))
            && left.AsSpan(at).Equals(right.AsSpan(at), StringComparison.OrdinalIgnoreCase);
    }
}
