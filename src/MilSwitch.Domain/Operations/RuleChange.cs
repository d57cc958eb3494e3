namespace MilSwitch.Domain.Operations;

/// <summary>The end of an order that replaces or ends a rule.</summary>
public enum RuleChange : byte
{
    Done,

    /// <summary>There is no rule of that id.</summary>
    NotFound,

    /// <summary>The rule is not the expected one any more; nothing was done.</summary>
    Unexpected,
}
