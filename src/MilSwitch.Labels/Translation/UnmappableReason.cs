namespace MilSwitch.Labels.Translation;

/// <summary>One reason why a label has no equivalent.</summary>
/// <param name="Cause">Which.</param>
/// <param name="Text">A sentence for an operator without a full stop, with the names of the policies' elements.</param>
public sealed record UnmappableReason(UnmappableCause Cause, string Text);
