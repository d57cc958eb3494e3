using MilSwitch.Domain.Protection;
using MilSwitch.Smime.Tokens;

namespace MilSwitch.Smime.Protection;

/// <summary>Tells how the tokens of a directory are. Thread-safe.</summary>
public sealed class TokenMonitor(TokenDirectory directory) : ITokenMonitor
{
    public IReadOnlyList<TokenStatus> Tokens => [.. directory.Health.Select(pair => new TokenStatus(pair.Key, Condition(pair.Value.State), pair.Value.Reason, pair.Value.Since))];

    private static TokenCondition Condition(TokenState state) => state switch
    {
        TokenState.Starting => TokenCondition.Starting,
        TokenState.Working => TokenCondition.Working,
        TokenState.Refused => TokenCondition.Refused,
        _ => TokenCondition.Lost,
    };
}
