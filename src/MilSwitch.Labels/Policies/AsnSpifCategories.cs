using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Globalization;
using MilSwitch.Labels.Carriers;

namespace MilSwitch.Labels.Policies;

/// <summary>
/// Categories of a SPIF in ASN.1. X.841 leaves their syntax open; those of labels are read (ACP 145, and MISSI where it says all), as
/// the values that labels may have. They have no names: a value has its number, and is shown with its tag set. Not thread-safe.
/// </summary>
internal sealed class AsnSpifCategories(AsnSpifInput input, PolicyProblems problems)
{
    /// <summary><c>SPIF-SecurityCategories ::= SEQUENCE OF SecurityCategory</c>.</summary>
    /// <exception cref="AsnContentException">It is not encoded so.</exception>
    public SpifElement ReadTagSets(AsnReader list)
    {
        var sets = new SpifElement("securityCategoryTagSets", input.Last);
        while (list.HasData)
        {
            var place = input.Mark(list);
            foreach (var category in Read(list.ReadEncodedValue(), place))
            {
                if (sets.Children.Count >= SpifBounds.Elements / 100) throw PolicyProblems.Only(place, "There are more elements than are allowed");
                var set = sets.Children.Find(s => s["id"] == category.TagSet) ?? AddSet(sets, category.TagSet, place);
                set.Children.Add(Tag(category, place));
            }
        }

        return sets;
    }

    /// <summary><c>OptionalCategoryGroup ::= SEQUENCE { operation, SEQUENCE OF SEQUENCE { optCatDataId, categorydata } }</c>.</summary>
    /// <exception cref="AsnContentException">It is not encoded so.</exception>
    public SpifElement ReadRequired(AsnReader group)
    {
        var required = new SpifElement("requiredCategory", input.Last);
        required.Add("operation", input.Integer(group) switch { "1" => "onlyOne", "2" => "oneOrMore", "3" => "all", _ => "" }, input.Last);
        var members = input.Sequence(group);
        while (members.HasData)
        {
            var place = input.Mark(members);
            var data = members.ReadSequence();
            var writer = new AsnWriter(AsnEncodingRules.BER);
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(input.ObjectIdentifier(data), new Asn1Tag(TagClass.ContextSpecific, 0));
                using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 1))) writer.WriteEncodedValue(data.ReadEncodedValue().Span);
            }

            data.ThrowIfNotEmpty();
            foreach (var category in Read(writer.Encode(), place)) required.Children.AddRange(References(category, place));
        }

        group.ThrowIfNotEmpty();
        return required;
    }

    private IEnumerable<TagCategory> Read(ReadOnlyMemory<byte> category, SpifPlace place)
    {
        var writer = new AsnWriter(AsnEncodingRules.BER);
        using (writer.PushSequence()) writer.WriteEncodedValue(category.Span);
        ImmutableArray<LabelCategory> read;
        try
        {
            read = LabelElement.Decode(writer.Encode(), "a category", (ref LabelCursor cursor) => CategoryReader.Read(cursor.Enter(LabelCursor.Sequence)));
        }
        catch (LabelRefusedException refusal)
        {
            problems.Add(place, $"A category of the policy can't be read: {refusal.Message}");
            yield break;
        }

        foreach (var one in read)
        {
            if (one is not TagCategory known) problems.Add(place, "A category of the policy is in a syntax that is not known");
            else if (known is { Syntax: CategorySyntax.Missi, Type: TagType.EnumeratedRestrictive or TagType.EnumeratedPermissive }) problems.Add(place, "A category of the policy is in the MISSI syntax, which does not say whether numbers are restrictive or permissive");
            else yield return known;
        }
    }

    private static SpifElement AddSet(SpifElement sets, string id, SpifPlace place)
    {
        var set = new SpifElement("securityCategoryTagSet", place);
        set.Add("name", id, place);
        set.Add("id", id, place);
        sets.Children.Add(set);
        return set;
    }

    private static SpifElement Tag(TagCategory category, SpifPlace place)
    {
        var tag = new SpifElement("securityCategoryTag", place);
        tag.Add("name", $"{category.TagSet} {category.Type.Name()}", place);
        AddType(tag, category.Type, place);
        foreach (var value in category.Values)
        {
            var number = value.ToString(CultureInfo.InvariantCulture);
            var element = new SpifElement("tagCategory", place);
            element.Add("name", number, place);
            element.Add("lacv", number, place);
            // A number alone says nothing to whoever reads a marking.
            var shown = new SpifElement("markingData", place);
            shown.Add("phrase", $"[{category.TagSet} {category.Type.Name()} {number}]", place);
            element.Children.Add(shown);
            tag.Children.Add(element);
        }

        return tag;
    }

    // Without a value it speaks of all.
    private static IEnumerable<SpifElement> References(TagCategory category, SpifPlace place)
    {
        foreach (var value in category.Values.IsEmpty ? [null] : category.Values.Select(v => (int?)v))
        {
            var reference = new SpifElement("categoryGroup", place);
            reference.Add("tagSetRef", category.TagSet, place);
            AddType(reference, category.Type, place);
            if (value is { } known) reference.Add("lacv", known.ToString(CultureInfo.InvariantCulture), place);
            else reference.Add("all", "true", place);
            yield return reference;
        }
    }

    private static void AddType(SpifElement element, TagType type, SpifPlace place)
    {
        element.Add("tagType", type switch { TagType.Restrictive => "restrictive", TagType.Permissive => "permissive", _ when type.IsInformative() => "tagType7", _ => "enumerated" }, place);
        if (type is TagType.EnumeratedRestrictive or TagType.EnumeratedPermissive) element.Add("enumType", type is TagType.EnumeratedRestrictive ? "restrictive" : "permissive", place);
        else if (type.IsInformative()) element.Add("tag7Encoding", type is TagType.InformativeBits ? "bitSetAttributes" : "securityAttributes", place);
    }
}
