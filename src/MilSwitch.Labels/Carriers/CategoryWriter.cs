using System.Collections.Immutable;
using System.Formats.Asn1;

namespace MilSwitch.Labels.Carriers;

/// <summary>Writes what <see cref="CategoryReader"/> reads, in DER.</summary>
internal static class CategoryWriter
{
    private static readonly Asn1Tag Type = new(TagClass.ContextSpecific, 0);
    private static readonly Asn1Tag Value = new(TagClass.ContextSpecific, 1, isConstructed: true);

    /// <summary>Writes the set; nothing where there are no categories.</summary>
    /// <exception cref="LabelRefusedException">They are more than may be, or a tag of a tag set stands twice.</exception>
    public static void Write(AsnWriter writer, ImmutableArray<LabelCategory> categories)
    {
        if (categories.IsEmpty) return;
        Check(categories);
        using (writer.PushSetOf())
        {
            var isMissiWritten = false;
            foreach (var category in categories)
            {
                if (category is TagCategory { Texts.IsEmpty: false } texts)
                {
                    Write(writer, CategorySyntaxes.OfTexts(texts.Type), texts, WriteTexts);
                    if (!HasNumbers(texts)) continue;
                }

                switch (category)
                {
                    case UnknownCategory unknown:
                        Write(writer, unknown.Syntax, unknown, static (w, c) => w.WriteEncodedValue(c.Value.Span));
                        break;
                    case TagCategory { Syntax: CategorySyntax.Acp145 } tag:
                        Write(writer, CategorySyntaxes.Of(tag.Type), tag, WriteAcp145);
                        break;
                    case TagCategory when !isMissiWritten:
                        isMissiWritten = true;
                        Write(writer, CategorySyntaxes.Missi, categories, WriteMissi);
                        break;
                }
            }
        }
    }

    private static void Check(ImmutableArray<LabelCategory> categories)
    {
        if (categories.Length + categories.Count(c => c is TagCategory { Texts.IsEmpty: false } tag && HasNumbers(tag)) > LabelBounds.Categories) throw new LabelRefusedException(LabelFault.TooLarge, "more than 64 categories");
        for (var i = 0; i < categories.Length; i++)
        {
            if (categories[i] is not TagCategory one) continue;
            if (one.Width > LabelBounds.BitPosition + 1) throw new LabelRefusedException(LabelFault.TooLarge, "a bit map is wider than is allowed");
            for (var j = 0; j < i; j++)
            {
                if (categories[j] is TagCategory other && other.TagSet == one.TagSet && IsSameTag(one, other)) throw new LabelRefusedException(LabelFault.Duplicate, "the same tag of a tag set twice");
            }
        }
    }

    // The MISSI syntax has one tag for numbers of both kinds.
    private static bool IsSameTag(TagCategory one, TagCategory other) => one.Type == other.Type
        || (one.Syntax is CategorySyntax.Missi && other.Syntax is CategorySyntax.Missi && IsEnumerated(one.Type) && IsEnumerated(other.Type));

    private static bool IsEnumerated(TagType type) => type is TagType.EnumeratedRestrictive or TagType.EnumeratedPermissive;

    private static void Write<T>(AsnWriter writer, string syntax, T value, Action<AsnWriter, T> write)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(syntax, Type);
            using (writer.PushSequence(Value)) write(writer, value);
        }
    }

    private static void WriteAcp145(AsnWriter writer, TagCategory tag)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(tag.TagSet);
            WriteValues(writer, tag);
        }
    }

    private static void WriteTexts(AsnWriter writer, TagCategory tag)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(tag.TagSet);
            using (writer.PushSetOf())
            {
                foreach (var text in tag.Texts) writer.WriteCharacterString(UniversalTagNumber.UTF8String, text);
            }
        }
    }

    // A tag that has texts only is written as these.
    private static bool HasNumbers(TagCategory tag) => tag.Texts.IsEmpty || !tag.Values.IsEmpty || (tag.SecurityLevel is not null && !tag.Type.IsInformative());

    private static void WriteMissi(AsnWriter writer, ImmutableArray<LabelCategory> categories)
    {
        using (writer.PushSetOf())
        {
            for (var i = 0; i < categories.Length; i++)
            {
                if (categories[i] is not TagCategory { Syntax: CategorySyntax.Missi } first || !HasNumbers(first) || IsInPart(categories, i, first.TagSet)) continue;
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(first.TagSet);
                    using (writer.PushSequence())
                    {
                        for (var j = i; j < categories.Length; j++)
                        {
                            if (categories[j] is TagCategory { Syntax: CategorySyntax.Missi } tag && tag.TagSet == first.TagSet && HasNumbers(tag)) WriteMissiTag(writer, tag);
                        }
                    }
                }
            }
        }
    }

    private static bool IsInPart(ImmutableArray<LabelCategory> categories, int before, string tagSet)
    {
        for (var i = 0; i < before; i++)
        {
            if (categories[i] is TagCategory { Syntax: CategorySyntax.Missi } tag && tag.TagSet == tagSet && HasNumbers(tag)) return true;
        }

        return false;
    }

    private static void WriteMissiTag(AsnWriter writer, TagCategory tag)
    {
        var kind = tag.Type switch { TagType.Restrictive => 1, TagType.Permissive => 6, TagType.InformativeBits or TagType.InformativeValues => 7, _ => 2 };
        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, kind, isConstructed: true)))
        {
            if (tag.SecurityLevel is { } level && !tag.Type.IsInformative()) writer.WriteInteger(level);
            WriteValues(writer, tag);
        }
    }

    private static void WriteValues(AsnWriter writer, TagCategory tag)
    {
        if (tag.Type.IsBitMap())
        {
            WriteBits(writer, tag);
            return;
        }

        // In ascending order, which is that of DER too, but for the writer to prove.
        using (writer.PushSetOf())
        {
            foreach (var value in tag.Values) writer.WriteInteger(value);
        }
    }

    private static void WriteBits(AsnWriter writer, TagCategory tag)
    {
        var width = Math.Max(tag.Width, tag.Values.IsEmpty ? 0 : tag.Values[^1] + 1);
        var length = (width + 7) / 8;
        Span<byte> octets = length <= 256 ? stackalloc byte[length] : new byte[length];
        octets.Clear();
        foreach (var value in tag.Values) octets[value / 8] |= (byte)(0x80 >> (value % 8));
        writer.WriteBitString(octets, (length * 8) - width);
    }
}
