using System.Collections.Concurrent;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Protection;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;
using MilSwitch.Labels.Translation;

namespace MilSwitch.Switching.Labelling;

/// <summary>
/// All policies and clearances by which a node judges labels: one snapshot, which a reload replaces whole. What it says depends on the
/// time alone, where a policy has categories with a period or clearances come from certificates. Thread-safe.
/// </summary>
public sealed class LabelAuthority
{
    private readonly ICertifiedClearances? certified;
    private readonly TimeProvider time;
    private readonly ConcurrentDictionary<(SecurityPolicy From, SecurityPolicy To), LabelTranslator> translators = new();
    private readonly KnownLabels known;

    /// <param name="policies">By which labels are judged.</param>
    /// <param name="clearances">What is said about addresses.</param>
    /// <param name="certified">Clearances that certificates of addresses have; null: none.</param>
    /// <param name="time">Null: the system's.</param>
    public LabelAuthority(PolicySet policies, AddressClearances clearances, ICertifiedClearances? certified = null, TimeProvider? time = null)
    {
        this.certified = certified;
        this.time = time ?? TimeProvider.System;
        Policies = policies;
        Clearances = clearances;
        known = new KnownLabels(ReadAnew, Translate);
    }

    public static LabelAuthority Empty { get; } = new(PolicySet.Empty, AddressClearances.None);

    public PolicySet Policies { get; }

    public AddressClearances Clearances { get; }

    /// <summary>Something is said about addresses.</summary>
    public bool LimitsAddresses => !Clearances.IsEmpty || certified is not null;

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>What is known of an address, by configuration and by its certificates. Of each the very same object as long as nothing changes.</summary>
    public AddressLimits Limits(Mailbox address) => new(Clearances.Find(address), certified?.Find(address, Now));

    /// <summary>Whether a certificate of the address that is found elsewhere would count.</summary>
    public bool IsOpen(Mailbox address) => certified?.IsOpen(address) is true;

    /// <summary>Takes what was answered about a certificate of the address.</summary>
    public void Learn(Mailbox address, RecipientCertificateAnswer answer) => certified?.Learn(address, answer);

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
        var now = Now;
        if (AccessControl.Permits(translated, clearance, policy, at: now)) return null;
        var unmet = AccessControl.Decide(translated, clearance, policy, at: now).Unmet.Select(step => Explanation.Describe(step, policy));
        return $"{whose} is not cleared for it under {Named(policy)}: {string.Join("; ", unmet)}";
    }

    /// <summary>Why what is known of an address does not permit a label; null: it does, or nothing is known.</summary>
    /// <param name="label">Valid under its policy.</param>
    /// <param name="limits">Of the address. Where both are there, both have to permit it.</param>
    /// <param name="whose">For the sentence.</param>
    public string? Denial(SecurityLabel label, AddressLimits limits, string whose) =>
        limits.Configured is { } configured && Denial(label, configured, whose) is { } denial ? denial
        : limits.Certified is not { } held ? null
        : held.Clearance is { } clearance ? Denial(label, clearance, $"{whose}, by certificate,") : $"the certificate of {whose} does not clear it: {held.Fault}";

    /// <summary>Why the clearance of a person or an address does not permit a label; null: it does, or nothing is said about the address.</summary>
    public string? Denial(SecurityLabel label, Mailbox address) => Denial(label, Limits(address), $"<{address.Text}>");

    /// <summary>The label in a policy, or why there is none.</summary>
    public (SecurityLabel? Label, string? Fault) InPolicy(SecurityLabel label, SecurityPolicy policy) =>
        label.Policy == policy.Id ? (label, null)
        // With periods in either the answer is one of today.
        : policy.HasPeriods || Policies.Find(label.Policy) is { HasPeriods: true } ? Translate(label, policy)
        : known.InPolicy(label, policy);

    private (SecurityLabel? Label, string? Fault) Translate(SecurityLabel label, SecurityPolicy policy)
    {
        if (Policies.Find(label.Policy) is not { } from) return (null, $"its policy {label.Policy} is not known");
        return translators.GetOrAdd((from, policy), static pair => new LabelTranslator(pair.From, pair.To)).Translate(label, Now) switch
        {
            TranslationResult.Translated translated => (translated.Label, null),
            TranslationResult.Unmappable unmappable => (null, $"it has no equivalent in {Named(policy)} ({string.Join("; ", unmappable.Reasons.Select(r => r.Text))})"),
            _ => throw new InvalidOperationException("An unknown result of a translation."),
        };
    }

    /// <summary>A policy and the version by which was decided.</summary>
    public static string Named(SecurityPolicy policy) => policy.Version.Length > 0 ? $"{policy.Name} version {policy.Version}" : policy.Name;
}
