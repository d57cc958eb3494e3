using MilSwitch.Labels.Markings;

namespace MilSwitch.Host.Commands;

/// <summary>The words of the command line for forms of labels and places of markings.</summary>
internal static class LabelForms
{
    private static readonly (string Word, LabelForm Form)[] Words =
    [
        ("ess", LabelForm.Ess), ("ess-base64", LabelForm.EssBase64), ("x411", LabelForm.X411), ("sio-label", LabelForm.SioLabel),
        ("stanag4774", LabelForm.Stanag4774), ("stanag4774-numbers", LabelForm.Stanag4774Numbers), ("stanag4778", LabelForm.Stanag4778), ("spif-native", LabelForm.Native), ("sec-label", LabelForm.SecLabel),
        ("plain", LabelForm.Plain), ("flot", LabelForm.FirstLine), ("llot", LabelForm.LastLine), ("subject", LabelForm.Subject),
        ("x-header", LabelForm.XHeader), ("display", LabelForm.Display),
    ];

    private static readonly (string Word, MarkingPlace Place)[] Places =
    [
        ("display", MarkingPlace.Display), ("first-line", MarkingPlace.FirstLine), ("last-line", MarkingPlace.LastLine), ("subject", MarkingPlace.Subject),
        ("x-header", MarkingPlace.XHeader), ("page-top", MarkingPlace.PageTop), ("page-bottom", MarkingPlace.PageBottom),
        ("document-start", MarkingPlace.DocumentStart), ("document-end", MarkingPlace.DocumentEnd), ("portion", MarkingPlace.Portion), ("watermark", MarkingPlace.Watermark),
    ];

    public static string[] All { get; } = [.. Words.Where(w => w.Form is not LabelForm.Stanag4774Numbers).Select(w => w.Word)];

    /// <summary>Those that can be written: a binding needs the object that it binds.</summary>
    public static string[] Writable { get; } = [.. Words.Where(w => w.Form is not LabelForm.Stanag4778).Select(w => w.Word)];

    public static string[] AllPlaces { get; } = [.. Places.Select(p => p.Word)];

    public static string Word(this LabelForm form) => Words.First(w => w.Form == form).Word;

    public static LabelForm Form(string word) => Words.First(w => w.Word == word).Form;

    public static MarkingPlace Place(string word) => Places.First(p => p.Word == word).Place;

    /// <summary>Null: the form is no marking.</summary>
    public static MarkingPlace? Place(this LabelForm form) => form switch
    {
        LabelForm.FirstLine => MarkingPlace.FirstLine,
        LabelForm.LastLine => MarkingPlace.LastLine,
        LabelForm.Subject => MarkingPlace.Subject,
        LabelForm.XHeader => MarkingPlace.XHeader,
        LabelForm.Display => MarkingPlace.Display,
        _ => null,
    };
}
