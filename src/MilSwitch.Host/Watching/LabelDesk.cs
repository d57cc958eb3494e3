using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using MilSwitch.Domain.Labelling;
using MilSwitch.Host.Commands;
using MilSwitch.Host.Running;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Policies;
using MilSwitch.Labels.Translation;
using MilSwitch.Switching.Labelling;

namespace MilSwitch.Host.Watching;

/// <summary>Tries labels under the policies of the configuration in force.</summary>
internal sealed class LabelDesk(ConfigurationHolder configuration, ILabelMarks marks, TimeProvider time) : ILabelDesk
{
    private const int LongestText = 16_384;

    public ImmutableArray<PolicyFact> Policies =>
        [.. Loaded.All.OrderBy(p => p.Name, StringComparer.Ordinal).Select(p => new PolicyFact(p.Id, p.Name, p.Version, [.. p.Classifications.OrderBy(c => c.Hierarchy).Select(c => c.Name)]))];

    private PolicySet Loaded => configuration.Current.Switch.LabelCatalogue is LabelCatalogueList list ? list.Policies : PolicySet.Empty;

    public LabelTrial Try(string text, string? to)
    {
        var policies = Loaded;
        var label = Decode(text, policies);
        var mark = marks.Mark(new MessageLabel(EssLabel.Encode(label)));
        if (to is null) return new LabelTrial(mark, null, [], []);
        var target = policies.Named(to) ?? throw new FormatException($"there is no policy '{to}'");
        if (policies.Find(label.Policy) is not { } source) return new LabelTrial(mark, null, [$"its policy {label.Policy} is not loaded"], []);
        return LabelTranslator.Translate(label, source, target, time.GetUtcNow()) switch
        {
            TranslationResult.Translated translated => new LabelTrial(
                mark, marks.Mark(new MessageLabel(EssLabel.Encode(translated.Label))), [],
                [.. translated.Discarded.Select(d => string.Create(CultureInfo.InvariantCulture, $"{d.TagSet} {d.Type.Name()} {d.Text ?? d.Value?.ToString(CultureInfo.InvariantCulture) ?? "all"}"))]),
            TranslationResult.Unmappable unmappable => new LabelTrial(mark, null, [.. unmappable.Reasons.Select(r => r.Text)], []),
            _ => throw new InvalidOperationException("a translation has two outcomes"),
        };
    }

    public MessageLabel Read(string text) => new(EssLabel.Encode(Decode(text, Loaded)));

    private static SecurityLabel Decode(string text, PolicySet policies)
    {
        if (text.Length > LongestText) throw new FormatException("that is longer than any label");
        try
        {
            return Commands.LabelSource.Decode(Encoding.UTF8.GetBytes(text), null, policies).Label;
        }
        catch (LabelRefusedException refused)
        {
            throw new FormatException("no label: " + Commands.LabelSource.Words(refused));
        }
    }
}
