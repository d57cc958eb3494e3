using System.Diagnostics.Metrics;

namespace MilSwitch.Smtp.Tests.Server;

public sealed class MeterTests
{
    [Fact]
    public void Counts_sessions_octets_and_refusals_by_reason()
    {
        var seen = new List<(string Instrument, long Value, string? Reason)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name is "MilSwitch.Smtp") listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            string? reason = null, name = null;
            foreach (var (key, tag) in tags)
            {
                if (key is "reason") reason = (string?)tag;
                if (key is "listener") name = (string?)tag;
            }

            if (name is "metered") seen.Add((instrument.Name, value, reason));
        });
        listener.Start();
        using (var bench = new SessionBench(static settings => settings with { Name = "metered" }).Greeted())
        {
            bench.Say("WHAT");
            bench.Say("QUIT");
        }

        Assert.Contains(("smtp.server.refusals", 1, "UnknownCommand"), seen);
        Assert.Contains(("smtp.server.connections", 1, null), seen);
        Assert.Equal(0, seen.Where(static entry => entry.Instrument is "smtp.server.sessions.open").Sum(static entry => entry.Value));
        Assert.Equal("EHLO client.example\r\nWHAT\r\nQUIT\r\n".Length, seen.Where(static entry => entry.Instrument is "smtp.server.octets.in").Sum(static entry => entry.Value));
    }
}
