using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using MilSwitch.Domain.Checking;

namespace MilSwitch.Checks.Lanes;

/// <summary>Instruments of content checks, under the meter <c>MilSwitch.Checks</c>.</summary>
public static class CheckMeter
{
    private static readonly Meter Meter = new("MilSwitch.Checks");

    private static readonly Counter<long> Verdicts = Meter.CreateCounter<long>("check.verdicts", "{verdict}", "Verdicts of content checks");
    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>("check", "s", "Time from the order to the verdict of one content check, waiting included");

    /// <summary>Makes the instruments known before the first of them is used.</summary>
    public static void Publish() => RuntimeHelpers.RunClassConstructor(typeof(CheckMeter).TypeHandle);

    internal static void Count(CheckVerdict verdict, TimeSpan taken)
    {
        var tag = new KeyValuePair<string, object?>("check", verdict.Check);
        Verdicts.Add(1, tag, new("outcome", verdict.Outcome switch { CheckOutcome.Passed => "passed", CheckOutcome.Undecided => "undecided", CheckOutcome.Suspicious => "suspicious", _ => "blocked" }));
        Duration.Record(taken.TotalSeconds, tag);
    }
}
