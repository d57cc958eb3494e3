using System.Formats.Asn1;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Signed;

namespace MilSwitch.Smime.Ess;

/// <summary>
/// <c>MLData ::= SEQUENCE { mailListIdentifier EntityIdentifier, expansionTime GeneralizedTime, mlReceiptPolicy
/// MLReceiptPolicy OPTIONAL }</c> (RFC 2634 §4.4): one mailing list that a message went through. Immutable.
/// </summary>
public sealed record MlData
{
    private const int MostLists = 64;
    private const int MostEntities = 1_000;

    /// <summary>Of the list's certificate.</summary>
    public required SignerIdentifier List { get; init; }

    public required DateTimeOffset ExpandedAt { get; init; }

    public MlReceiptPolicy Policy { get; init; }

    /// <summary>For <see cref="MlReceiptPolicy.InsteadOf"/> and <see cref="MlReceiptPolicy.InAdditionTo"/>.</summary>
    public IReadOnlyList<GeneralNames> Entities { get; init; } = [];

    /// <summary>An mlExpansionHistory attribute: <c>SEQUENCE SIZE (1..64) OF MLData</c>, oldest first.</summary>
    /// <exception cref="CmsFormatException">It is none.</exception>
    public static IReadOnlyList<MlData> ReadHistory(ReadOnlyMemory<byte> octets) =>
        EssValue.Decode(octets, "MLExpansionHistory", r => EssValue.Many(r.ReadSequence(), 1, MostLists, Read));

    public static byte[] EncodeHistory(IReadOnlyList<MlData> history)
    {
        if (history.Count is 0 or > MostLists) throw new InvalidOperationException("an expansion history has from 1 to 64 entries (RFC 2634 §4.4)");
        return EssValue.Encode(w =>
        {
            using (w.PushSequence())
            {
                foreach (var entry in history) entry.Write(w);
            }
        });
    }

    public bool Equals(MlData? other) => other is not null && List.Equals(other.List) && ExpandedAt == other.ExpandedAt && Policy == other.Policy && Entities.SequenceEqual(other.Entities);

    public override int GetHashCode() => HashCode.Combine(List, ExpandedAt, Policy);

    private static MlData Read(AsnReader reader)
    {
        var sequence = reader.ReadSequence();
        // EntityIdentifier is a SignerIdentifier but for the tag of the key identifier, which is universal here.
        var list = sequence.PeekTag().HasSameClassAndValue(Asn1Tag.PrimitiveOctetString)
            ? new SignerIdentifier(default, default, sequence.ReadOctetString())
            : SignerIdentifier.Read(sequence);
        var time = sequence.ReadGeneralizedTime();
        if (!sequence.HasData) return new MlData { List = list, ExpandedAt = time };
        var tag = sequence.PeekTag();
        if (tag.TagClass is not TagClass.ContextSpecific) throw new AsnContentException();
        IReadOnlyList<GeneralNames> entities = [];
        var policy = tag.TagValue switch { 0 => MlReceiptPolicy.None, 1 => MlReceiptPolicy.InsteadOf, 2 => MlReceiptPolicy.InAdditionTo, _ => throw new AsnContentException() };
        if (policy is MlReceiptPolicy.None) sequence.ReadNull(tag);
        else entities = EssValue.Many(sequence.ReadSequence(tag), 1, MostEntities, r => GeneralNames.Read(r));
        sequence.ThrowIfNotEmpty();
        return new MlData { List = list, ExpandedAt = time, Policy = policy, Entities = entities };
    }

    private void Write(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            if (List.IsKeyIdentifier) writer.WriteOctetString(List.SubjectKeyIdentifier.Span);
            else List.Write(writer);
            writer.WriteGeneralizedTime(ExpandedAt, omitFractionalSeconds: true);
            if (Policy is MlReceiptPolicy.Absent) return;
            if (Policy is MlReceiptPolicy.None)
            {
                writer.WriteNull(EssValue.Context(0));
                return;
            }

            using (writer.PushSequence(EssValue.Context(Policy is MlReceiptPolicy.InsteadOf ? 1 : 2, isConstructed: true)))
            {
                foreach (var entity in Entities) entity.Write(writer);
            }
        }
    }
}
