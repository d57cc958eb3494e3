using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Operations;

/// <summary>How one transaction of a link ended.</summary>
/// <param name="At">When.</param>
/// <param name="Message">Of what.</param>
/// <param name="Precedence">At which level it was sent.</param>
/// <param name="Recipients">How many of its recipients it carried.</param>
/// <param name="Delivered">How many of them were taken over.</param>
/// <param name="Target">The host that answered; empty: none did.</param>
/// <param name="Reply">Its last words, or what went wrong. A peer's text is not to be trusted.</param>
public sealed record LinkOutcome(DateTimeOffset At, MessageId Message, Precedence Precedence, int Recipients, int Delivered, string Target, string Reply)
{
    /// <summary>How many of them a link remembers.</summary>
    public const int Kept = 50;
}
