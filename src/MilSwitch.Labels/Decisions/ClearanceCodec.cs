using System.Collections.Immutable;
using System.Formats.Asn1;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Decisions;

/// <summary>
/// <c>Clearance ::= SEQUENCE { policyId OBJECT IDENTIFIER, classList ClassList DEFAULT {unclassified}, securityCategories SET OF
/// SecurityCategory OPTIONAL }</c> (X.501, RFC 5755 §4.4.6, RFC 5913 §2). The mistaken form of RFC 3281, whose members have the
/// tags [0], [1] and [2], is read and never written. Categories are those of ACP 145 and SSLPrivileges (SDN.801c); others are
/// kept octet by octet and grant nothing. Pure and thread-safe.
/// </summary>
public static class ClearanceCodec
{
    /// <summary>Greatest number of clearances in one list of constraints.</summary>
    public const int MostClearances = 64;

    private const int Unclassified = 1;
    private const byte OldPolicy = 0x80, OldList = 0x81, OldCategories = 0xA2;

    /// <summary>Reads BER.</summary>
    /// <param name="policies">Those that are loaded: SSLPrivileges does not say whether numbers are restrictive or permissive. Without the policy such numbers grant nothing.</param>
    /// <exception cref="LabelRefusedException">It is no clearance; the position is that of the element at fault.</exception>
    public static Clearance Read(ReadOnlyMemory<byte> octets, PolicySet? policies = null) =>
        LabelElement.Decode(octets.Span, "Clearance", (ref cursor) => ReadElement(ref cursor, policies));

    /// <summary>Reads <c>AuthorityClearanceConstraints ::= SEQUENCE SIZE (1..MAX) OF Clearance</c> (RFC 5913 §3). A policy may stand twice: that is for the path to refuse.</summary>
    /// <exception cref="LabelRefusedException">It is none.</exception>
    public static ImmutableArray<Clearance> ReadConstraints(ReadOnlyMemory<byte> octets, PolicySet? policies = null) => LabelElement.Decode<ImmutableArray<Clearance>>(
        octets.Span, "AuthorityClearanceConstraints", (ref cursor) =>
        {
            var sequence = cursor.Enter(LabelCursor.Sequence);
            _ = sequence.Next;
            var all = ImmutableArray.CreateBuilder<Clearance>();
            while (sequence.HasData)
            {
                if (all.Count == MostClearances) throw new LabelRefusedException(LabelFault.TooLarge, "more than 64 clearances");
                all.Add(ReadElement(ref sequence, policies));
            }

            return all.DrainToImmutable();
        });

    /// <summary>Writes DER in the form of RFC 5755.</summary>
    /// <exception cref="LabelRefusedException">It has more than may be, or includes lower classifications, which have no list (<see cref="Clearance.Listed"/>).</exception>
    public static byte[] Encode(Clearance clearance)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        Write(writer, clearance);
        return writer.Encode();
    }

    /// <summary>Writes AuthorityClearanceConstraints in DER.</summary>
    /// <exception cref="LabelRefusedException">One can't be written, or there is none.</exception>
    public static byte[] EncodeConstraints(IReadOnlyCollection<Clearance> clearances)
    {
        if (clearances.Count is 0 or > MostClearances) throw new LabelRefusedException(LabelFault.TooLarge, "constraints have 1 to 64 clearances");
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (var clearance in clearances) Write(writer, clearance);
        }

        return writer.Encode();
    }

    private static Clearance ReadElement(ref LabelCursor cursor, PolicySet? policies)
    {
        var members = cursor.Enter(LabelCursor.Sequence);
        // The first member tells the form, and a mixture is none.
        var isOld = members.Next is OldPolicy;
        var policy = IdentifierTexts.Of(members.ReadIdentifierOctets(isOld ? OldPolicy : LabelCursor.ObjectIdentifier));
        ImmutableArray<int> classifications = [Unclassified];
        if (members.HasData && (members.Next & ~LabelBits.Constructed) == (isOld ? OldList : LabelCursor.BitString)) classifications = ReadList(ref members);
        ImmutableArray<LabelCategory> categories = [];
        if (members.HasData) categories = Resolve(CategoryReader.Read(members.Enter(isOld ? OldCategories : LabelCursor.Set)), policies?.Find(policy));
        members.End();
        return new Clearance { Policy = policy, Classifications = classifications, Categories = categories };
    }

    private static ImmutableArray<int> ReadList(ref LabelCursor members)
    {
        var values = LabelBits.Read(members.ReadElement());
        return values is [] || values[^1] <= LabelBounds.Classification ? [.. values] : throw new LabelRefusedException(LabelFault.OutOfRange, "a classification is from 0 to 256");
    }

    private static ImmutableArray<LabelCategory> Resolve(ImmutableArray<LabelCategory> categories, SecurityPolicy? policy)
    {
        if (!categories.Any(IsPrivileges)) return categories;
        var resolved = ImmutableArray.CreateBuilder<LabelCategory>();
        resolved.AddRange(categories.Where(category => !IsPrivileges(category)));
        foreach (var category in categories.Where(IsPrivileges))
        {
            if (SslPrivileges.Read(((UnknownCategory)category).Value, policy) is { IsDefault: false } tags) Append(resolved, tags);
            else resolved.Add(category);
        }

        return resolved.ToImmutable();
    }

    private static void Append(ImmutableArray<LabelCategory>.Builder all, ImmutableArray<TagCategory> tags)
    {
        foreach (var tag in tags)
        {
            // Texts of the same tag stand by themselves.
            var texts = all.OfType<TagCategory>().FirstOrDefault(c => c.Type == tag.Type && c.TagSet == tag.TagSet && c.Values.IsEmpty && !c.Texts.IsEmpty);
            if (texts is null) CategoryReader.Add(all, tag);
            else all[all.IndexOf(texts)] = tag with { Texts = texts.Texts };
        }
    }

    private static bool IsPrivileges(LabelCategory category) => category is UnknownCategory { Syntax: SslPrivileges.Syntax };

    private static void Write(AsnWriter writer, Clearance clearance)
    {
        if (clearance.IncludesLower) throw new LabelRefusedException(LabelFault.OutOfRange, "a clearance that includes lower classifications has no list of them");
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(clearance.Policy);
            if (!clearance.Classifications.AsSpan().SequenceEqual([Unclassified])) WriteList(writer, clearance.Classifications);
            TagCategory[] privileges = [.. clearance.Categories.OfType<TagCategory>().Where(tag => tag.Syntax is CategorySyntax.Missi && (!tag.Values.IsEmpty || tag.Texts.IsEmpty))];
            var others = clearance.Categories.RemoveRange(privileges).AddRange(privileges.Where(tag => !tag.Texts.IsEmpty).Select(tag => new TagCategory(tag.TagSet, tag.Type, []) { Texts = tag.Texts }));
            CategoryWriter.Write(writer, privileges.Length is 0 ? others : others.Add(new UnknownCategory(SslPrivileges.Syntax, SslPrivileges.Encode(privileges))));
        }
    }

    // A named bit list has no zeros at its end (X.690 §11.2.2).
    private static void WriteList(AsnWriter writer, ImmutableArray<int> classifications)
    {
        if (classifications.Any(value => value is < 0 or > LabelBounds.Classification)) throw new LabelRefusedException(LabelFault.OutOfRange, "a classification is from 0 to 256");
        LabelBits.Write(writer, classifications, null);
    }
}
