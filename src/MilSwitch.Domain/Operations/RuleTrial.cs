namespace MilSwitch.Domain.Operations;

/// <summary>What an order about a rule would do; nothing was changed.</summary>
/// <param name="Rule">As it would stand, or as it stands when it would be removed.</param>
/// <param name="Messages">Queued messages that would be treated otherwise from now on: kept back, let go, returned, sent another way.</param>
public sealed record RuleTrial(OperatorRule Rule, int Messages);
