using System.Collections.Immutable;
using System.Text;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Routing;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;
using MilSwitch.Switching.Labelling;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests;

/// <summary>The sample policies, with labels and clearances in them.</summary>
internal static class LabelStage
{
    public static readonly SecurityPolicy Alfa = Read("alfa");
    public static readonly SecurityPolicy Bravo = Read("bravo");
    public static readonly SecurityPolicy Coalition = Read("coalition");
    public static readonly PolicySet Policies = new([Alfa, Bravo, Coalition]);
    public static readonly LabelAuthority Authority = new(Policies, AddressClearances.None);

    public static SecurityLabel Label(SecurityPolicy policy, string classification, params ReadOnlySpan<(string TagSet, string Value)> categories)
    {
        var made = ImmutableArray.CreateBuilder<LabelCategory>();
        foreach (var (name, value) in categories)
        {
            var set = policy.TagSets.Single(s => s.Name == name);
            var tag = set.Tags.Single(t => t.Categories.Any(c => c.Name == value));
            made.Add(new TagCategory(set.Id, tag.Type, [tag.Categories.Single(c => c.Name == value).Value]));
        }

        return new SecurityLabel { Policy = policy.Id, Classification = policy.Classification(classification)!.Value, Categories = made.ToImmutable() };
    }

    public static MessageLabel Stored(SecurityLabel label) => new(EssLabel.Encode(label));

    public static FoundLabel Signed(SecurityLabel label, bool isBelieved = true) => new(EssLabel.Encode(label), isBelieved, []);

    public static Clearance UpTo(SecurityPolicy policy, string classification) =>
        new() { Policy = policy.Id, Classifications = [policy.Classification(classification)!.Value], IncludesLower = true };

    /// <summary>A message with this label in its field.</summary>
    public static string Message(SecurityLabel label, string text = "text") => $"SIO-Label: {SioLabel.Of(label).Format()}\r\nSubject: s\r\n\r\n{text}\r\n";

    public static ReadOnlyMemory<byte> Octets(string text) => Encoding.UTF8.GetBytes(text);

    public static SecurityLabel? LabelOf(string message) =>
        Mime.LabelFields.Find(Mime.HeaderBlock.Scan(Octets(message), 1 << 20, 1000)).Labels is [var value] ? SioLabel.Parse(value).Decode(Policies) : null;

    public static ListenerLabelling Listener(Func<ListenerLabelSettings, ListenerLabelSettings>? change = null, LabelAuthority? authority = null)
    {
        var settings = new ListenerLabelSettings { HostName = "switch.test", MarkingPolicy = Alfa };
        return new ListenerLabelling(change?.Invoke(settings) ?? settings, authority ?? Authority);
    }

    public static LinkLabelling Link(Func<LinkLabelSettings, LinkLabelSettings>? change = null, LabelAuthority? authority = null)
    {
        var settings = new LinkLabelSettings { HostName = "switch.test" };
        return new LinkLabelling(change?.Invoke(settings) ?? settings, authority ?? Authority);
    }

    public static SwitchConfiguration With(SwitchConfiguration configuration, ListenerLabelling? listener, LinkLabelling? link) => configuration with
    {
        ListenerLabels = listener is null ? null : new Dictionary<string, IListenerLabelling> { ["test"] = listener },
        Routes = new RouteTable(configuration.Routes.Routes.Select(r => r with { Link = r.Link is null ? null : r.Link with { Labels = link } })),
    };

    private static SecurityPolicy Read(string name) => SpifReader.Read(File.ReadAllBytes(Path.Combine(Workspace.RepositoryRoot, "config", "policies", name + ".xml")));
}
