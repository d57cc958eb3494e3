using Microsoft.Extensions.Time.Testing;
using MilSwitch.Domain.Tracking;
using MilSwitch.Smtp.Client;
using MilSwitch.Smtp.Tests.Client;
using MilSwitch.Smtp.Tests.Server;
using static MilSwitch.Smtp.Tests.Client.Messages;

namespace MilSwitch.Smtp.Tests.Tracking;

/// <summary>RFC 3885 on the way in and on the way out.</summary>
[Trait("Feature", "A-15")]
public sealed class TrackingExtensionTests
{
    private static readonly TrackingCertifier Certifier = TrackingCertifier.Of("secret"u8);

    private static SessionBench Tracking() => new SessionBench(s => s with { TrackingRetention = TimeSpan.FromDays(9) }).Greeted();

    [Fact]
    public void Is_offered_only_where_it_is_wanted()
    {
        using var plain = new SessionBench().Start();
        Assert.DoesNotContain("MTRK", plain.Say("EHLO client.example"), StringComparison.Ordinal);
        Assert.StartsWith("555 ", plain.Say($"MAIL FROM:<a@example.mil> ENVID=x@y MTRK={Certifier}"), StringComparison.Ordinal);
        using var tracking = new SessionBench(s => s with { TrackingRetention = TimeSpan.FromDays(9) }).Start();
        Assert.Contains("250-MTRK\r\n", tracking.Say("EHLO client.example"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 9 * 86400)]
    [InlineData(":60", 60)]
    [InlineData(":0", 0)]
    [InlineData("=:60", 60)]
    [InlineData(":999999999", 9 * 86400)]
    public void Keeps_certifier_and_time(string more, int seconds)
    {
        using var bench = Tracking();
        Assert.StartsWith("250 ", bench.Say($"MAIL FROM:<a@example.mil> MTRK={Certifier}{more} ENVID=1+2B2@host.example"), StringComparison.Ordinal);
        var mail = Assert.Single(bench.Intake.Mails);
        Assert.Equal(new TrackingRequest(Certifier, bench.Time.GetUtcNow().AddSeconds(seconds)), mail.Tracking);
        Assert.Equal("1+2@host.example", mail.EnvelopeId);
    }

    [Theory]
    [InlineData("MTRK")]
    [InlineData("MTRK=")]
    [InlineData("MTRK=:60")]
    [InlineData("MTRK=AAAA:60")]
    [InlineData("MTRK=C:")]
    [InlineData("MTRK=C:1234567890")]
    [InlineData("MTRK=C:-1")]
    [InlineData("MTRK=C:60:60")]
    [InlineData("MTRK=C MTRK=C")]
    public void Refuses_what_is_not_in_the_grammar(string parameter)
    {
        using var bench = Tracking();
        Assert.StartsWith("501 5.5.4 ", bench.Say("MAIL FROM:<a@example.mil> ENVID=x@y " + parameter.Replace("=C", "=" + Certifier, StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Empty(bench.Intake.Mails);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ENVID=unique")]
    [InlineData(" ENVID=x@")]
    public void Needs_an_envelope_id_that_names_its_host(string more)
    {
        using var bench = Tracking();
        Assert.Equal("501 5.5.4 MTRK needs an ENVID of the form id@host", bench.Say($"MAIL FROM:<a@example.mil> MTRK={Certifier}{more}"));
    }

    [Theory]
    [InlineData(true, true, 100, ":70")]
    [InlineData(true, true, 30, null)]
    [InlineData(true, false, 100, null)]
    [InlineData(false, true, 100, null)]
    public async Task Passes_on_what_time_is_left(bool offersTracking, bool offersDsn, int seconds, string? expected)
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddSeconds(30));
        var hop = new ScriptedHop(async s =>
        {
            await s.GreetAsync([.. offersTracking ? ["MTRK"] : (string[])[], .. offersDsn ? ["DSN"] : (string[])[]]);
            await s.ServeAsync();
        });
        await using var connection = await ConnectAsync(hop, Settings, time);
        var envelope = Envelope() with { EnvelopeId = "x@y", Tracking = new TrackingRequest(Certifier, DateTimeOffset.UnixEpoch.AddSeconds(seconds)) };
        var result = await connection.SendAsync(Message(Header, envelope), default);
        Assert.Equal(TransactionEnd.Answered, result.End);
        Assert.Equal(expected is not null, result.HopTracks);
        var mail = Assert.Single(hop.Commands, c => c.StartsWith("MAIL", StringComparison.Ordinal));
        Assert.Equal(offersDsn, mail.Contains(" ENVID=x@y", StringComparison.Ordinal));
        if (expected is null) Assert.DoesNotContain("MTRK", mail, StringComparison.Ordinal);
        else Assert.EndsWith($" MTRK={Certifier}{expected}", mail, StringComparison.Ordinal);
        await connection.QuitAsync(default);
        await hop.FinishedAsync();
    }
}
