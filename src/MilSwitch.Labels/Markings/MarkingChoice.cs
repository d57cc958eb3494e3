using System.Collections.Immutable;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Markings;

/// <summary>
/// Which of an element's phrases and qualifiers hold for one place and language. The language decides first: the very one, then its
/// primary subtag, then data without one. Within a language what names the place comes first, then what names none, then, for
/// places other than the page, what is meant for the page: few policies say more.
/// </summary>
internal sealed class MarkingChoice
{
    private const MarkingCodes Page = MarkingCodes.PageTop | MarkingCodes.PageBottom;

    private readonly MarkingCodes place;
    private readonly bool isPage;
    private readonly string?[] languages;

    public MarkingChoice(MarkingPlace place, string? language)
    {
        this.place = Codes(place);
        isPage = (this.place & Page) != 0;
        languages = language is null ? [null] : language.IndexOf('-', StringComparison.Ordinal) is > 0 and var end ? [language, language[..end], null] : [language, null];
    }

    /// <summary>What is shown for an element; null: nothing.</summary>
    /// <param name="own">Of the element.</param>
    /// <param name="inherited">Of the tag and the tag set around it; they count where the element says nothing.</param>
    /// <param name="name">Of the element.</param>
    public string? Text(string name, ImmutableArray<MarkingData> own, params ReadOnlySpan<ImmutableArray<MarkingData>> inherited)
    {
        var data = Best(own, SpeaksOfElement);
        for (var i = 0; data is null && i < inherited.Length; i++) data = Best(inherited[i], SpeaksOfElement);
        if (data is null) return name;
        if (data.Codes.HasFlag(MarkingCodes.NoMarkingDisplay) || data.Codes.HasFlag(MarkingCodes.ReplacePolicy)) return null;
        var text = data.Codes.HasFlag(MarkingCodes.NoNameDisplay) ? data.Phrase : data.Phrase ?? name;
        return string.IsNullOrEmpty(text) ? null : text;
    }

    /// <summary>What an element shows in place of the policy's name; null: it leaves that alone.</summary>
    public string? PolicyText(string name, ImmutableArray<MarkingData> own) =>
        Best(own, static d => d.Codes.HasFlag(MarkingCodes.ReplacePolicy)) is { } data ? data.Phrase ?? name : null;

    public bool HidesClassification(ImmutableArray<MarkingData> own) => Best(own, static d => d.Codes.HasFlag(MarkingCodes.SuppressClassName)) is not null;

    public string? Prefix(ImmutableArray<MarkingQualifier> qualifiers) => Best(qualifiers, static q => q.Prefix);

    public string? Separator(ImmutableArray<MarkingQualifier> qualifiers) => Best(qualifiers, static q => q.Separator);

    public string? Suffix(ImmutableArray<MarkingQualifier> qualifiers) => Best(qualifiers, static q => q.Suffix);

    // A phrase that stands for the policy says nothing about its own element, unless it hides it.
    private static bool SpeaksOfElement(MarkingData data) =>
        !data.Codes.HasFlag(MarkingCodes.ReplacePolicy) || (data.Codes & (MarkingCodes.NoNameDisplay | MarkingCodes.NoMarkingDisplay)) != 0;

    private static MarkingCodes Codes(MarkingPlace place) => place switch
    {
        MarkingPlace.PageTop => MarkingCodes.PageTop,
        MarkingPlace.PageBottom => MarkingCodes.PageBottom,
        MarkingPlace.DocumentStart => MarkingCodes.DocumentStart,
        MarkingPlace.DocumentEnd => MarkingCodes.DocumentEnd,
        MarkingPlace.FirstLine => MarkingCodes.FirstLineOfText,
        MarkingPlace.LastLine => MarkingCodes.LastLineOfText,
        MarkingPlace.Subject => MarkingCodes.Subject,
        MarkingPlace.XHeader => MarkingCodes.XHeader,
        MarkingPlace.Portion => MarkingCodes.PortionMarking,
        MarkingPlace.Watermark => MarkingCodes.WaterMark,
        _ => Page,
    };

    private MarkingData? Best(ImmutableArray<MarkingData> all, Func<MarkingData, bool> isWanted)
    {
        foreach (var language in languages)
        {
            for (var tier = 0; tier < 3; tier++)
            {
                foreach (var data in all)
                {
                    if (string.Equals(data.Language, language, StringComparison.OrdinalIgnoreCase) && IsInTier(data.Codes, tier) && isWanted(data)) return data;
                }
            }
        }

        return null;
    }

    private string? Best(ImmutableArray<MarkingQualifier> all, Func<MarkingQualifier, string?> part)
    {
        foreach (var language in languages)
        {
            for (var tier = 0; tier < 3; tier++)
            {
                foreach (var qualifier in all)
                {
                    if (string.Equals(qualifier.Language, language, StringComparison.OrdinalIgnoreCase) && IsInTier(qualifier.Place, tier) && part(qualifier) is { } text) return text;
                }
            }
        }

        return null;
    }

    private bool IsInTier(MarkingCodes codes, int tier) => tier switch
    {
        0 => (codes & place) != 0,
        1 => (codes & MarkingCodes.AnyPlace) == 0,
        _ => !isPage && (codes & Page) != 0,
    };
}
