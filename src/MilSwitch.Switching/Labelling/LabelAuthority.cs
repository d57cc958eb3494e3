using System.Collections.Concurrent;
using MilSwitch.Domain.Addressing;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;
using MilSwitch.Labels.Translation;

namespace MilSwitch.Switching.Labelling;

/// <summary>All policies and clearances by which a node judges labels: one snapshot, which a reload replaces whole. Pure and thread-safe.</summary>
public sealed class LabelAuthority
{
    private readonly ConcurrentDictionary<(SecurityPolicy From, SecurityPolicy To), LabelTranslator> translators = new();
    private readonly KnownLabels known;

    public LabelAuthority(PolicySet policies, AddressClearances clearances)
    {
        Policies = policies;
        Clearances = clearances;
        known = new KnownLabels(ReadAnew, Translate);
    }

    public static LabelAuthority Empty { get; } = new(PolicySet.Empty, AddressClearances.None);

    public PolicySet Policies { get; }

    public AddressClearances Clearances { get; }

    /// <summary>Reads a label; numbers of the MISSI syntax get their kind from its policy.</summary>
    /// <exception cref="LabelRefusedException">It is none.</exception>
    public SecurityLabel Read(ReadOnlyMemory<byte> encoded) => known.Read(encoded);

    /// <summary>A label in the form in which it is stored.</summary>
    /// <exception cref="LabelRefusedException">It has none.</exception>
    public ReadOnlyMemory<byte> Encode(SecurityLabel label) => known.Encode(label);

    private SecurityLabel ReadAnew(ReadOnlyMemory<byte> encoded)
    {
        var label = EssLabel.Read(encoded);
        return Policies.Find(label.Policy) is { } policy ? MissiCategories.Resolve(label, policy) : label;
    }

    /// <summary>Why a clearance does not permit a label, as a sentence for the operator; null: it does.</summary>
    /// <param name="label">Valid under its policy.</param>
    /// <param name="clearance">Of any policy that is known: the label is translated where it is of another.</param>
    /// <param name="whose">For the sentence, such as <c>the link</c>.</param>
    public string? Denial(SecurityLabel label, Clearance clearance, string whose)
    {
        if (Policies.Find(clearance.Policy) is not { } policy) return $"the policy of the clearance of {whose} is not known";
        var (translated, fault) = InPolicy(label, policy);
        if (translated is null) return $"{fault}, in which {whose} is cleared";
        if (AccessControl.Permits(translated, clearance, policy)) return null;
        var unmet = AccessControl.Decide(translated, clearance, policy).Unmet.Select(step => Explanation.Describe(step, policy));
        return $"{whose} is not cleared for it under {Named(policy)}: {string.Join("; ", unmet)}";
    }

    /// <summary>Why the clearance of a person or an address does not permit a label; null: it does, or nothing is said about the address.</summary>
    public string? Denial(SecurityLabel label, Mailbox address) =>
        Clearances.Find(address) is { } clearance ? Denial(label, clearance, $"<{address.Text}>") : null;

    /// <summary>The label in a policy, or why there is none.</summary>
    public (SecurityLabel? Label, string? Fault) InPolicy(SecurityLabel label, SecurityPolicy policy) => label.Policy == policy.Id ? (label, null) : known.InPolicy(label, policy);

    private (SecurityLabel? Label, string? Fault) Translate(SecurityLabel label, SecurityPolicy policy)
    {
        if (Policies.Find(label.Policy) is not { } from) return (null, $"its policy {label.Policy} is not known");
        return translators.GetOrAdd((from, policy), static pair => new LabelTranslator(pair.From, pair.To)).Translate(label) switch
        {
            TranslationResult.Translated translated => (translated.Label, null),
            TranslationResult.Unmappable unmappable => (null, $"it has no equivalent in {Named(policy)} ({string.Join("; ", unmappable.Reasons.Select(r => r.Text))})"),
            _ => throw new InvalidOperationException("An unknown result of a translation."),
        };
    }

    /// <summary>A policy and the version by which was decided.</summary>
    public static string Named(SecurityPolicy policy) => policy.Version.Length > 0 ? $"{policy.Name} version {policy.Version}" : policy.Name;
}
