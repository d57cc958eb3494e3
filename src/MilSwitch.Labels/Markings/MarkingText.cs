using System.Globalization;
using System.Text;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Markings;

/// <summary>Writes the marking of a label as its policy wants it. Safe for concurrent use.</summary>
public static class MarkingText
{
    private const int OnStack = 128;
    private const int MostLanguages = 16;

    /// <summary>
    /// The policy's name or what stands for it, classification, categories in the order of the policy's document, privacy mark.
    /// What the policy does not know is shown as <c>[classification 7]</c>, <c>[tagSet type value]</c> or <c>[syntax]</c>, so that
    /// nobody takes the text for the whole of a lesser label. Characters of a privacy mark that break lines or turn text around are shown
    /// as spaces.
    /// </summary>
    /// <param name="label">Of this policy; need not be valid.</param>
    /// <param name="policy">Of the label.</param>
    /// <param name="place">Where it will stand.</param>
    /// <param name="language">
    /// BCP 47 (<c>xml:lang</c>): phrases of this language, else of its primary subtag, else those without a language; null: just these.
    /// </param>
    /// <exception cref="LabelRefusedException">The label is of another policy (<see cref="LabelFault.UnknownPolicy"/>).</exception>
    public static string Generate(SecurityLabel label, SecurityPolicy policy, MarkingPlace place, string? language = null)
    {
        if (label.Policy != policy.Id) throw new LabelRefusedException(LabelFault.UnknownPolicy, "the label is of another policy");
        return Generate(label, MarkingScheme.Of(policy, place, language));
    }

    /// <summary>A text is the label's marking in some place and one of the languages of its policy. Letters count exactly, white space does not.</summary>
    /// <param name="text">As it was shown.</param>
    /// <param name="label">Of this policy.</param>
    /// <param name="policy">Of the label.</param>
    public static bool Is(string text, SecurityLabel label, SecurityPolicy policy)
    {
        if (label.Policy != policy.Id || text.Length > MarkingGrammar.Longest) return false;
        var normal = MarkingLine.Normal(text);
        foreach (var language in Languages(policy))
        {
            foreach (var place in Enum.GetValues<MarkingPlace>())
            {
                if (MarkingLine.Normal(Generate(label, policy, place, language)) == normal) return true;
            }
        }

        return false;
    }

    private static IEnumerable<string?> Languages(SecurityPolicy policy) => policy.Markings.Concat(policy.Classifications.SelectMany(c => c.Markings))
        .Select(m => m.Language).Prepend(null).Distinct(StringComparer.OrdinalIgnoreCase).Take(MostLanguages);

    internal static string Generate(SecurityLabel label, MarkingScheme scheme)
    {
        var capacity = 0;
        foreach (var category in label.Categories) capacity += category is TagCategory known ? known.Count : 0;
        Span<int> orders = capacity <= OnStack ? stackalloc int[OnStack] : new int[capacity];
        var count = Known(label, scheme, orders);
        orders = orders[..count];
        orders.Sort();

        var text = new StringBuilder(128);
        text.Append(scheme.Prefix);
        var start = text.Length;
        var classification = label.Classification is { } value ? scheme.Classifications.GetValueOrDefault(value) : null;
        text.Append(PolicyText(scheme, classification, orders));
        if (!IsHidden(scheme, orders)) Append(text, start, scheme, ClassificationText(label, classification));
        AppendCategories(text, start, scheme, orders, label);
        AppendUnknown(text, start, scheme, label);
        if (label.PrivacyMark is { } mark) Append(text, start, scheme, PrivacyMark(scheme, mark));
        return text.Append(scheme.Suffix).ToString();
    }

    private static int Known(SecurityLabel label, MarkingScheme scheme, Span<int> orders)
    {
        var count = 0;
        foreach (var category in label.Categories)
        {
            if (category is not TagCategory known || !scheme.Values.TryGetValue((known.TagSet, known.Type), out var categories)) continue;
            foreach (var value in known.Values)
            {
                // The same tag twice shows a value once.
                if (categories.Find(value) is { } shown && !orders[..count].Contains(shown.Order)) orders[count++] = shown.Order;
            }

            foreach (var text in known.Texts)
            {
                if (categories.Find(text) is { } shown && !orders[..count].Contains(shown.Order)) orders[count++] = shown.Order;
            }
        }

        return count;
    }

    private static string PolicyText(MarkingScheme scheme, ShownClassification? classification, ReadOnlySpan<int> orders)
    {
        if (scheme.IsPolicyTextFixed) return scheme.PolicyText;
        if (classification?.PolicyText is { } text) return text;
        foreach (var order in orders)
        {
            if (scheme.Categories[order].PolicyText is { } replacement) return replacement;
        }

        return scheme.PolicyText;
    }

    private static bool IsHidden(MarkingScheme scheme, ReadOnlySpan<int> orders)
    {
        foreach (var order in orders)
        {
            if (scheme.Categories[order].HidesClassification) return true;
        }

        return false;
    }

    private static string? ClassificationText(SecurityLabel label, ShownClassification? classification) => label.Classification is not { } value ? null
        : classification is null ? string.Create(CultureInfo.InvariantCulture, $"[classification {value}]") : classification.Text;

    private static void AppendCategories(StringBuilder text, int start, MarkingScheme scheme, ReadOnlySpan<int> orders, SecurityLabel label)
    {
        ShownTag? last = null;
        foreach (var order in orders)
        {
            var category = scheme.Categories[order];
            if (category.Text is null) continue;
            var tag = category.Tag;
            if (tag == last)
            {
                text.Append(tag.Separator);
            }
            else
            {
                if (last is not null) text.Append(last.Suffix);
                if (last?.Set == tag.Set)
                {
                    text.Append(tag.Set.Separator);
                }
                else
                {
                    if (last is not null) text.Append(last.Set.Suffix);
                    if (text.Length > start) text.Append(scheme.Separator);
                    text.Append(tag.Set.Prefix);
                }

                text.Append(tag.Prefix);
                last = tag;
            }

            text.Append(category.Input is null ? category.Text : string.Join(tag.Separator, Entered(category, scheme, label)));
        }

        if (last is not null) text.Append(last.Suffix).Append(last.Set.Suffix);
    }

    private static IEnumerable<string?> Entered(ShownCategory open, MarkingScheme scheme, SecurityLabel label)
    {
        var same = label.Categories.OfType<TagCategory>().Where(c => c.TagSet == open.Tag.Set.Id && c.Type == open.Tag.Type);
        var values = scheme.Values[(open.Tag.Set.Id, open.Tag.Type)];
        return open.Input!.IsText
            ? same.SelectMany(c => c.Texts).Distinct(StringComparer.Ordinal).Where(t => values.Find(t) == open).Order(StringComparer.Ordinal).Select(t => open.Of(t).Text)
            : same.SelectMany(c => c.Values).Distinct().Where(v => values.Find(v) == open).Order().Select(v => open.Of(v).Text);
    }

    private static void AppendUnknown(StringBuilder text, int start, MarkingScheme scheme, SecurityLabel label)
    {
        foreach (var category in label.Categories)
        {
            if (category is TagCategory known)
            {
                var categories = scheme.Values.GetValueOrDefault((known.TagSet, known.Type));
                foreach (var value in known.Values)
                {
                    if (categories?.Find(value) is null) Append(text, start, scheme, string.Create(CultureInfo.InvariantCulture, $"[{known.TagSet} {known.Type.Name()} {value}]"));
                }

                foreach (var word in known.Texts)
                {
                    if (categories?.Find(word) is null) Append(text, start, scheme, $"[{known.TagSet} {known.Type.Name()} {LabelText.Quoted(word)}]");
                }
            }
            else if (category is UnknownCategory unknown)
            {
                Append(text, start, scheme, $"[{unknown.Syntax}]");
            }
        }
    }

    private static string? PrivacyMark(MarkingScheme scheme, string mark)
    {
        if (scheme.PrivacyMarks.TryGetValue(mark, out var shown)) return shown;
        return mark.Any(Misleads) ? string.Create(mark.Length, mark, static (span, from) =>
        {
            for (var i = 0; i < span.Length; i++) span[i] = Misleads(from[i]) ? ' ' : from[i];
        }) : mark;
    }

    // The mark comes with the label: it must not break the line, nor turn the text around.
    private static bool Misleads(char c) => char.IsControl(c)
        || char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    private static void Append(StringBuilder text, int start, MarkingScheme scheme, string? part)
    {
        if (string.IsNullOrEmpty(part)) return;
        if (text.Length > start) text.Append(scheme.Separator);
        text.Append(part);
    }
}
