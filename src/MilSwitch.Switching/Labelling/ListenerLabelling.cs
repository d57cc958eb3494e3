using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Labelling;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Switching.Labelling;

/// <summary>
/// Finds the label of a message that comes in, and decides whether it may. The rules in their order: every label that is found
/// is one; all of them agree; there is one that counts, or none at all, and one where one is required; it holds under its policy; the listener and the originator
/// may send it. The first rule that is broken decides. Thread-safe.
/// </summary>
public sealed class ListenerLabelling(ListenerLabelSettings settings, LabelAuthority authority) : IListenerLabelling
{
    public bool ReadsSigned => settings.Sources.Contains(LabelSource.Ess);

    public ArrivalLabelDecision Decide(ReadOnlyMemory<byte> message, ImmutableArray<FoundLabel> signed, ReversePath from, DateTimeOffset now)
    {
        var search = new LabelSearch(settings, authority);
        search.Read(message, signed);
        var changed = search.Stripped;
        var findings = search.Findings;
        if (search.Fault is { } fault) return End(settings.Invalid, fault, search.Highest());
        if (search.Disagreement is { } disagreement) return End(settings.Disagreeing, disagreement, search.Highest());
        var label = search.Label;
        if (label is null)
        {
            // A default, or none at all, would be less than what it claims.
            if (search.Uncounted is { } claim) return End(settings.Invalid, claim, search.Highest());
            if (settings.Default is { } given)
            {
                findings.Add("no label: the listener's default was given");
                if (search.With(given) is not { } whole) return End(settings.Invalid, "no label covers the default and the messages in it", null);
                changed = Written(whole);
                if (whole == given) return End(LabelFaultAction.Accept, null, given);
                findings.Add("raised to what the messages in it have");
                label = whole;
            }
            else
            {
                if (settings.Unlabelled is not LabelFaultAction.Accept) return End(settings.Unlabelled, "it has no label", search.OfContents);
                if (search.OfContents is not { } mark) return End(LabelFaultAction.Accept, null, null);
                findings.Add("no label: it gets that of the messages in it");
                changed = Written(mark);
                label = mark;
            }
        }

        if (settings.Labelled is not LabelFaultAction.Accept) return End(settings.Labelled, "it has a label, where none may be", label);
        if (authority.Policies.Find(label.Policy) is not { } policy) return End(settings.Invalid, $"its policy {label.Policy} is not known", label);
        if (!LabelValidity.IsValid(label, policy, at: now))
        {
            var unmet = LabelValidity.Check(label, policy, at: now).Unmet.Select(step => Explanation.Describe(step, policy));
            return End(settings.Invalid, $"its label does not hold under {LabelAuthority.Named(policy)}: {string.Join("; ", unmet)}", label);
        }

        findings.Add($"{(search.Label is null ? "given" : string.Join(", ", search.Places))}: {MarkingOf(label, policy)} ({LabelAuthority.Named(policy)})");
        if (settings.Clearance is { } clearance && authority.Denial(label, clearance, "the listener") is { } denied) return End(settings.Denied, denied, label);
        if (from.Mailbox is { } sender && authority.Denial(label, sender) is { } forbidden) return End(settings.Denied, forbidden, label);
        return End(LabelFaultAction.Accept, null, label);

        ReadOnlyMemory<byte> Written(SecurityLabel given) => new LabelWriter(authority.Policies, settings.HostName, now, findings).Write(changed ?? message, given, [LabelSource.SioLabel]);

        ArrivalLabelDecision End(LabelFaultAction action, string? reason, SecurityLabel? by)
        {
            if (reason is not null) findings.Add(reason);
            if (findings.Count is 0) findings.Add("no label");
            return new ArrivalLabelDecision
            {
                Refusal = reason is not null && action is LabelFaultAction.Refuse ? Refusal.LabelRefused : null,
                HeldBecause = reason is not null && action is LabelFaultAction.Hold ? reason : null,
                Label = by is null ? null : new MessageLabel(authority.Encode(by)),
                Changed = changed,
                Findings = [.. findings],
            };
        }
    }

    private static string MarkingOf(SecurityLabel label, SecurityPolicy policy) => Labels.Markings.MarkingText.Generate(label, policy, Labels.Markings.MarkingPlace.Display);
}
