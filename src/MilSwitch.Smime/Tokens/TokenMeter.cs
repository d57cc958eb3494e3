using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace MilSwitch.Smime.Tokens;

/// <summary>Instruments of tokens, under the meter <c>MilSwitch.Smime</c>.</summary>
public static class TokenMeter
{
    private static readonly Meter Meter = new("MilSwitch.Smime");

    private static readonly Counter<long> Operations = Meter.CreateCounter<long>("token.operations", "{operation}", "Operations on tokens, by what came of them");
    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>("token.operation", "s", "Time of one operation inside a token's library");

    private static readonly UpDownCounter<long> Sessions = Meter.CreateUpDownCounter<long>("token.sessions", "{session}", "Sessions with tokens open now");

    /// <summary>Makes the instruments known before the first of them is used.</summary>
    public static void Publish() => RuntimeHelpers.RunClassConstructor(typeof(TokenMeter).TypeHandle);

    internal static void Count(string token, TimeSpan taken, TokenFaultKind? fault)
    {
        var tag = new KeyValuePair<string, object?>("token", token);
        Operations.Add(1, tag, new("outcome", fault is { } kind ? Word(kind) : "done"));
        Duration.Record(taken.TotalSeconds, tag);
    }

    internal static void CountSession(string token, int change) => Sessions.Add(change, new KeyValuePair<string, object?>("token", token));

    private static string Word(TokenFaultKind kind) => kind switch
    {
        TokenFaultKind.NotOffered => "not-offered",
        TokenFaultKind.OtherKey => "other-key",
        TokenFaultKind.NoKey => "no-key",
        TokenFaultKind.NoSession => "no-session",
        _ => kind.ToString().ToLowerInvariant(),
    };
}
