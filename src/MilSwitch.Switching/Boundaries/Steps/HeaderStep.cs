using System.Collections.Immutable;
using MilSwitch.Domain.Boundaries;

namespace MilSwitch.Switching.Boundaries.Steps;

/// <summary>
/// Does what everybody could change on the way say the same as what the originator protected (RFC 9788 §4), does the originator
/// name those whom it is for (surreptitious forwarding, threat C10), and is the originator of the domain that it comes from?
/// </summary>
internal sealed class HeaderStep : IPipelineStep
{
    public string Name => "headers";

    public StepDecision Decide(Passage passage)
    {
        if (passage.Opened is not { } opened) return Ruling.Hold(Name, 0, "its header could not be compared");
        var blocking = Fields(opened, DifferenceWeight.Blocking);
        if (blocking.Length > 0) return Ruling.Hold(Name, 0, [.. blocking.Select(f => $"the outer {f} is not the one that was protected")], Inputs());
        var suspicious = Fields(opened, DifferenceWeight.Suspicious);
        var unnamed = Unnamed(passage);
        ImmutableArray<string> reasons =
        [
            .. suspicious.Select(f => $"the outer {f} is not the one that was protected"),
            .. unnamed.Select(i => $"the protected header does not name recipient {i + 1}"),
            .. Foreign(passage),
        ];
        return reasons.IsEmpty ? Ruling.Go(Name, Inputs()) : Ruling.Hold(Name, passage.Boundary.HeaderApprovals, reasons, Inputs());

        (string, string)[] Inputs() =>
        [
            ("differences", opened.Differences.IsEmpty ? "none" : string.Join(", ", opened.Differences.Select(d => $"{d.Field} {d.Weight.ToString().ToLowerInvariant()}"))),
            ("protected recipients", opened.ProtectedRecipients.IsDefault ? "not protected" : opened.ProtectedRecipients.Length.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            ("protected precedence", opened.ProtectedPrecedence?.ToString().ToLowerInvariant() ?? "none"),
        ];
    }

    // Nobody else's people write out of this domain: on the other side they would pass for its own, or for people of a third.
    private static IEnumerable<string> Foreign(Passage passage)
    {
        if (passage.IsOwn || passage.Report is { Decision.IsBelieved: true }) yield break;
        var from = passage.Boundary.From;
        if (passage.Authors is not { } authors) yield return "its author is not known";
        else if (authors.Foreign(from) is { } foreign) yield return foreign;
        if (passage.Envelope.ReversePath.Mailbox is { } sender && !from.Owns(sender.Domain)) yield return $"its reverse path is not of {from.Name}";
    }

    private static string[] Fields(OpenedMessage opened, DifferenceWeight weight) => opened.Differences.IsEmpty ? [] : [.. opened.Differences.Where(d => d.Weight == weight).Select(d => d.Field).Distinct(StringComparer.OrdinalIgnoreCase)];

    // Without any address inside nobody is named, which is the same as naming nobody.
    private static ImmutableArray<int> Unnamed(Passage passage)
    {
        if (passage.Opened!.ProtectedRecipients is not { IsDefault: false } named || passage.IsReport) return [];
        var known = named.ToHashSet(StringComparer.OrdinalIgnoreCase);
        // The originator named the list, and the list its members (RFC 2634 §4).
        if (passage.Opened.Lists.Any(known.Contains)) return [];
        return [.. passage.Recipients.Where(i => !known.Contains(passage.Envelope.Recipients[i].Address.Text))];
    }
}
