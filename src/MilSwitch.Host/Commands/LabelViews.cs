using System.Collections.Immutable;
using MilSwitch.Smime.Inspection;

namespace MilSwitch.Host.Commands;

/// <summary>One step of a decision.</summary>
/// <param name="Rule">Which, in kebab case.</param>
/// <param name="Met">It held.</param>
/// <param name="TagSet">Null: not about one.</param>
/// <param name="TagSetName">Null: not about one, or it has no name in the policy.</param>
/// <param name="Type">Of the tag; null: not about one.</param>
/// <param name="Needed">Names where the policy has them, else numbers.</param>
/// <param name="Present">As above.</param>
/// <param name="Text">The step as a sentence.</param>
internal sealed record LabelStepView(
    string Rule, bool Met, string? TagSet, string? TagSetName, string? Type, ImmutableArray<LabelValueReport> Needed, ImmutableArray<LabelValueReport> Present, string Text);

/// <summary>What <c>label check</c> answers.</summary>
internal sealed record LabelCheckView(bool Valid, LabelReport Label, ImmutableArray<LabelStepView> Steps);

/// <summary>What <c>label permits</c> answers.</summary>
internal sealed record LabelPermitsView(bool Permitted, LabelReport Label, ImmutableArray<LabelStepView> Steps);

/// <summary>What <c>label marking</c> answers.</summary>
internal sealed record LabelMarkingView(string Marking, string Where, string? Language);

/// <summary>What <c>label translate</c> answers.</summary>
/// <param name="Outcome"><c>translated</c> or <c>unmappable</c>.</param>
/// <param name="Label">In the target policy; null: unmappable.</param>
/// <param name="Equivalents">For equivalentLabels: the original.</param>
/// <param name="Reasons">Why it is unmappable.</param>
/// <param name="Discarded">What the equivalence leaves behind.</param>
/// <param name="Encoded">The translated label as <c>ESSSecurityLabel</c>, base64.</param>
internal sealed record LabelTranslationView(
    string Outcome, LabelReport? Label, ImmutableArray<LabelReport> Equivalents, ImmutableArray<LabelReasonView> Reasons, ImmutableArray<string> Discarded, string? Encoded);

/// <summary>Why a label has no equivalent.</summary>
internal sealed record LabelReasonView(string Cause, string Text);

/// <summary>What <c>label policy</c> answers.</summary>
internal sealed record PolicyFileView(string File, bool Valid, string? Signer, ImmutableArray<PolicyProblemView> Problems, PolicyView? Policy);

internal sealed record PolicyProblemView(int? Line, int? Column, long? Octet, string Text);

internal sealed record PolicyView(
    string Id, string Name, string Version, DateTimeOffset? Created, string Originator, string Digest,
    ImmutableArray<PolicyClassificationView> Classifications, ImmutableArray<PolicyTagSetView> TagSets, ImmutableArray<string> PrivacyMarks, ImmutableArray<PolicyEquivalenceView> EquivalentPolicies);

internal sealed record PolicyClassificationView(int Value, string Name, int Hierarchy, string? Color, bool Obsolete);

internal sealed record PolicyTagSetView(string Id, string Name, ImmutableArray<PolicyTagView> Tags);

internal sealed record PolicyTagView(string Name, string Type, bool SingleSelection, int Categories);

internal sealed record PolicyEquivalenceView(string Id, string Name);
