using MilSwitch.Domain.Delivery;

namespace MilSwitch.Domain.Reports;

/// <summary>
/// What the originator hears when policy returns a message: one code and one text whatever the cause, at times that do not tell
/// either, so that nobody can ask the switch how far a changed message got (threats C8, C9). A boundary whose label step returns
/// has opened and judged the message before. The cause is in the trail.
/// </summary>
public static class PublicAnswer
{
    /// <summary>The reason is the operator's to know: it would tell what the other side may see.</summary>
    public static Reply Returned { get; } = new(554, new EnhancedStatusCode(5, 7, 1), "not permitted by security policy");

    /// <summary>Such answers wait for the next end of such a span, counted from when the message came.</summary>
    public static TimeSpan Span { get; } = TimeSpan.FromSeconds(5);

    /// <summary>When the answer may leave: the first end of a span that is not before now.</summary>
    /// <param name="arrived">When the message was accepted.</param>
    /// <param name="now">When it was decided.</param>
    public static DateTimeOffset At(DateTimeOffset arrived, DateTimeOffset now)
    {
        var spans = Math.Max(1, (now - arrived).Ticks / Span.Ticks + ((now - arrived).Ticks % Span.Ticks > 0 ? 1 : 0));
        return arrived + (Span * spans);
    }
}
