using System.Text;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Markings;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Host.Commands;

/// <summary>Writes a label in any form that needs nothing but the label and its policy.</summary>
internal static class LabelWriter
{
    /// <param name="label">What it says.</param>
    /// <param name="form">How.</param>
    /// <param name="policies">For forms that speak in names.</param>
    /// <param name="now">For forms that have a date.</param>
    /// <param name="language">Of markings; null: the policy's own.</param>
    /// <exception cref="LabelRefusedException">The form has no place for it, or its policy is not known.</exception>
    public static byte[] Write(SecurityLabel label, LabelForm form, PolicySet policies, DateTimeOffset now, string? language = null) => form switch
    {
        LabelForm.Ess => EssLabel.Encode(label),
        LabelForm.EssBase64 => Line(Convert.ToBase64String(EssLabel.Encode(label))),
        LabelForm.X411 => X411Label.Encode(label),
        LabelForm.SioLabel => Line("SIO-Label: " + Field(label, policies, language).Format()),
        LabelForm.Stanag4774 => Stanag4774.Write(new Stanag4774Label { Label = label, Created = new XmlTime(now) }, policies),
        LabelForm.Stanag4774Numbers => Stanag4774.Write(new Stanag4774Label { Label = label, Created = new XmlTime(now) }, policies, Stanag4774Values.Numbers),
        LabelForm.Native => NativeXmlLabel.Write(label),
        LabelForm.SecLabel => SecLabel.Write(label),
        LabelForm.Plain => Line(Plain(label)),
        _ when form.Place() is { } place => Line(MarkingText.Generate(label, Policy(label, policies), place, language)),
        _ => throw new LabelRefusedException(LabelFault.Malformed, "a binding needs the object that it binds"),
    };

    // With its policy the field also tells people: what it shows, and in which colour.
    private static SioLabel Field(SecurityLabel label, PolicySet policies, string? language)
    {
        if (policies.Find(label.Policy) is not { } policy) return SioLabel.Of(label);
        var marking = MarkingText.Generate(label, policy, MarkingPlace.Display, language);
        try
        {
            return SioLabel.Of(label, marking, background: label.Classification is { } value ? policy.Classification(value)?.Color : null);
        }
        catch (LabelRefusedException)
        {
            // A policy may know more colours than RFC 7444 does.
            return SioLabel.Of(label, marking);
        }
    }

    private static string Plain(SecurityLabel label)
    {
        if (!label.Categories.IsEmpty || label.Classification is null) throw new LabelRefusedException(LabelFault.Malformed, "the form has a classification and no categories");
        return $"{label.Policy}:{label.Classification}{(label.PrivacyMark is { } mark ? ":" + mark : "")}";
    }

    private static SecurityPolicy Policy(SecurityLabel label, PolicySet policies) =>
        policies.Find(label.Policy) ?? throw new LabelRefusedException(LabelFault.UnknownPolicy, "a marking is as the label's policy has it: name it with --spif");

    private static byte[] Line(string text) => Encoding.UTF8.GetBytes(text + "\n");
}
