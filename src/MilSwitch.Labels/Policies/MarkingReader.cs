using System.Collections.Frozen;
using System.Collections.Immutable;

namespace MilSwitch.Labels.Policies;

/// <summary>Reads what a policy shows for its elements. Not thread-safe.</summary>
internal sealed class MarkingReader(SpifValues values)
{
    // The title of a form in which somebody writes a label: no marking.
    private const MarkingCodes InputTitle = (MarkingCodes)(1 << 30);

    private static readonly FrozenDictionary<string, MarkingCodes> Codes = new Dictionary<string, MarkingCodes>(StringComparer.Ordinal)
    {
        ["pageTop"] = MarkingCodes.PageTop,
        ["pageBottom"] = MarkingCodes.PageBottom,
        ["pageTopBottom"] = MarkingCodes.PageTop | MarkingCodes.PageBottom,
        ["documentStart"] = MarkingCodes.DocumentStart,
        ["documentEnd"] = MarkingCodes.DocumentEnd,
        ["noNameDisplay"] = MarkingCodes.NoNameDisplay,
        ["noMarkingDisplay"] = MarkingCodes.NoMarkingDisplay,
        ["suppressClassName"] = MarkingCodes.SuppressClassName,
        ["firstLineOfText"] = MarkingCodes.FirstLineOfText,
        ["lastLineOfText"] = MarkingCodes.LastLineOfText,
        ["subject"] = MarkingCodes.Subject,
        ["xHeader"] = MarkingCodes.XHeader,
        ["portionMarking"] = MarkingCodes.PortionMarking,
        ["inputTitle"] = InputTitle,
        ["waterMark"] = MarkingCodes.WaterMark,
        ["replacePolicy"] = MarkingCodes.ReplacePolicy,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, QualifierKind> Kinds = new Dictionary<string, QualifierKind>(StringComparer.Ordinal)
    {
        ["prefix"] = QualifierKind.Prefix,
        ["separator"] = QualifierKind.Separator,
        ["suffix"] = QualifierKind.Suffix,
    }.ToFrozenDictionary();

    private enum QualifierKind
    {
        Prefix,
        Separator,
        Suffix,
    }

    public ImmutableArray<MarkingData> Markings(SpifElement element)
    {
        var markings = ImmutableArray.CreateBuilder<MarkingData>();
        foreach (var data in element.All("markingData"))
        {
            var codes = MarkingCodes.None;
            foreach (var code in data.All("code"))
            {
                // The same code twice says it once: the best-known policy does it.
                if (Codes.TryGetValue(code.Text, out var known)) codes |= known;
                else values.Problems.Add(code.Place, $"A code is none of: {string.Join(", ", Codes.Keys.Order(StringComparer.Ordinal))}");
            }

            var phrase = values.Shown(data, "phrase");
            if (phrase is null && !data.Children.Exists(c => c.Name is "code")) values.Problems.Add(data.Place, "markingData says nothing: it has neither a phrase nor a code");
            var isTitleOnly = codes.HasFlag(InputTitle) && (codes & MarkingCodes.AnyPlace) is 0;
            if (isTitleOnly) continue;
            var marking = new MarkingData(phrase, Language(data), codes & ~InputTitle);
            if (markings.Any(m => IsOther(m, marking))) values.Problems.Add(data.Place, "Two phrases are for the same place and language");
            else if (!markings.Contains(marking)) markings.Add(marking);
        }

        return markings.ToImmutable();
    }

    public ImmutableArray<MarkingQualifier> Qualifiers(SpifElement element)
    {
        var qualifiers = ImmutableArray.CreateBuilder<MarkingQualifier>();
        foreach (var group in element.All("markingQualifier"))
        {
            var place = values.Choice(group, "markingCode", Codes) ?? MarkingCodes.AnyPlace;
            if ((place & MarkingCodes.AnyPlace) is 0 && place is not InputTitle) values.Problems.Add(group.PlaceOf("markingCode"), "The markingCode of markingQualifier is no place");
            var byLanguage = new Dictionary<string, MarkingQualifier>(StringComparer.OrdinalIgnoreCase);
            foreach (var qualifier in group.All("qualifier"))
            {
                var language = Language(qualifier);
                var key = language ?? "";
                var text = values.Shown(qualifier, "markingQualifier") ?? "";
                var known = byLanguage.TryGetValue(key, out var before) ? before : new MarkingQualifier(place, language, null, null, null);
                var kind = values.Choice(qualifier, "qualifierCode", Kinds);
                var isTwice = kind switch { QualifierKind.Prefix => known.Prefix, QualifierKind.Separator => known.Separator, QualifierKind.Suffix => known.Suffix, _ => null } is not null;
                if (isTwice) values.Problems.Add(qualifier.Place, "A qualifier is there twice for the same language");
                byLanguage[key] = kind switch
                {
                    QualifierKind.Prefix => known with { Prefix = text },
                    QualifierKind.Separator => known with { Separator = text },
                    QualifierKind.Suffix => known with { Suffix = text },
                    _ => known,
                };
            }

            if (place is InputTitle) continue;
            foreach (var made in byLanguage.Values)
            {
                if (qualifiers.Any(q => IsOther(q, made))) values.Problems.Add(group.Place, "Two qualifiers are for the same place and language");
                qualifiers.Add(made);
            }
        }

        return qualifiers.ToImmutable();
    }

    private static bool IsOther(MarkingData one, MarkingData other) =>
        one.Phrase is not null && other.Phrase is not null && one.Phrase != other.Phrase
        && string.Equals(one.Language, other.Language, StringComparison.OrdinalIgnoreCase)
        && ((one.Codes ^ other.Codes) & MarkingCodes.ReplacePolicy) is 0 && IsSamePlace(one.Codes & MarkingCodes.AnyPlace, other.Codes & MarkingCodes.AnyPlace);

    // One for every place is the rule, one for a place its exception.
    private static bool IsSamePlace(MarkingCodes one, MarkingCodes other) => one == other || (one & other) is not 0;

    private static bool IsOther(MarkingQualifier one, MarkingQualifier other) =>
        string.Equals(one.Language, other.Language, StringComparison.OrdinalIgnoreCase) && (one.Place & other.Place) is not 0
        && (one.Place is MarkingCodes.AnyPlace) == (other.Place is MarkingCodes.AnyPlace)
        && (Differ(one.Prefix, other.Prefix) || Differ(one.Separator, other.Separator) || Differ(one.Suffix, other.Suffix));

    private static bool Differ(string? one, string? other) => one is not null && other is not null && one != other;

    private string? Language(SpifElement element)
    {
        if (element.Language is not { } language) return null;
        var parts = language.Split('-');
        if (parts[0].Length > 8 || !parts[0].All(char.IsAsciiLetter) || parts.Any(p => p.Length is 0 or > 8 || !p.All(char.IsAsciiLetterOrDigit)))
            values.Problems.Add(element.Place, $"The xml:lang of {element.Name} is no language");
        return language;
    }
}
