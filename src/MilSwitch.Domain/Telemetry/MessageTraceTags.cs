using System.Diagnostics;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Telemetry;

/// <summary>What a span says.</summary>
public static class MessageTraceTags
{
    /// <summary>The level of the message.</summary>
    public static Activity? At(this Activity? span, Precedence precedence) => span?.SetTag("milswitch.precedence", precedence.Keyword());

    /// <summary>The link by its name.</summary>
    public static Activity? Over(this Activity? span, string link) => span?.SetTag("milswitch.link", link);

    /// <summary>What came of it, in a word.</summary>
    public static void Came(this Activity? span, string outcome) => span?.SetTag("milswitch.outcome", outcome);
}
