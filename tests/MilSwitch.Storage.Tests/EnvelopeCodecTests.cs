using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Tracking;

namespace MilSwitch.Storage.Tests;

public sealed class EnvelopeCodecTests
{
    private static readonly DateTimeOffset Noon = new(2030, 4, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly Envelope Full = new()
    {
        ReversePath = new ReversePath(Mailbox.Parse("a@b.example")),
        Recipients =
        [
            new Recipient(Mailbox.Parse("\"x y\"@c.example"))
            {
                Notify = NotifyOptions.Success | NotifyOptions.Delay, OriginalRecipient = new OriginalRecipient("rfc822", "o@d.example"),
                Role = AddresseeRole.Information, Precedence = Precedence.Deferred, Priority = MtPriority.From(Precedence.Deferred),
                DuplicateKey = new UInt128(1, 2),
            },
            new Recipient(Mailbox.Parse("postmaster")),
        ],
        Body = BodyType.BinaryMime, SmtpUtf8 = true, RequireTls = true, Return = DsnReturn.Full, EnvelopeId = "E",
        Priority = MtPriority.From(Precedence.Override), DeliverBy = new DeliverBy(Noon, DeliverByMode.Notify, true), HoldUntil = Noon,
        Precedence = Precedence.Override, ArrivedAt = Noon,
        Origin = new Origin { Listener = "l", ClientAddress = "::1", Helo = "h", AuthenticatedAs = "u", Tls = "t" },
    };

    /// <summary>Changing these octets means that stores in the field can't be read any more.</summary>
    [Fact]
    public void Writes_the_same_octets_as_ever()
    {
        Assert.Equal(GoldenFull, Convert.ToHexString(Write(Full)));
        Assert.Equal(GoldenLeast, Convert.ToHexString(Write(Least)));
    }

    [Fact]
    public void Reads_the_octets_of_old()
    {
        AssertSame(Full, EnvelopeCodec.Read(Convert.FromHexString(GoldenFull)));
        AssertSame(Least, EnvelopeCodec.Read(Convert.FromHexString(GoldenLeast)));
    }

    [Fact]
    public void Skips_fields_of_a_later_version()
    {
        var writer = new TaggedWriter();
        writer.Number(99, ulong.MaxValue);
        EnvelopeCodec.Write(Full, writer);
        writer.Octets(1000, new byte[300]);
        AssertSame(Full, EnvelopeCodec.Read(writer.Written));
    }

    [Fact]
    public void Tracking_survives()
    {
        var tracked = Full with { Tracking = new TrackingRequest(TrackingCertifier.Of("secret"u8), Noon.AddDays(9)) };
        Assert.Equal(tracked.Tracking, EnvelopeCodec.Read(Write(tracked)).Tracking);
    }

    [Property(MaxTest = 300)]
    public Property Reads_what_it_wrote() => Prop.ForAll(Envelopes().ToArbitrary(), envelope =>
    {
        AssertSame(envelope, EnvelopeCodec.Read(Write(envelope)));
    });

    [Property(MaxTest = 500)]
    public Property Throws_nothing_but_format_exceptions_on_damage() => Prop.ForAll(
        Gen.Choose(0, 400).SelectMany(_ => Gen.Choose(0, 255), (at, value) => (at, (byte)value)).ToArbitrary(), damage =>
        {
            var octets = Write(Full);
            octets[damage.at % octets.Length] = damage.Item2;
            AssertReadsOrRefuses(octets);
            AssertReadsOrRefuses(octets[..(damage.at % octets.Length)]);
        });

    [Property(MaxTest = 500)]
    public void Throws_nothing_but_format_exceptions_on_any_octets(byte[] octets) => AssertReadsOrRefuses(octets);

    [Property]
    public void Checksums_notice_every_flipped_bit(byte[] envelope, byte[] trace, byte which, byte bit)
    {
        if (envelope.Length == 0) return;
        var before = EnvelopeCodec.Checksum(envelope, trace, default);
        envelope[which % envelope.Length] ^= (byte)(1 << (bit & 7));
        Assert.NotEqual(before, EnvelopeCodec.Checksum(envelope, trace, default));
    }

    [Fact]
    public void Writes_long_nested_fields()
    {
        foreach (var length in (int[])[0, 1, 126, 127, 128, 129, 16_383, 16_384, 100_000])
        {
            var envelope = Full with { Origin = new Origin { Listener = new string('l', length) } };
            AssertSame(envelope, EnvelopeCodec.Read(Write(envelope)));
        }
    }

    [Fact]
    public void Replies_survive()
    {
        foreach (var reply in (Reply[])[new(250, new EnhancedStatusCode(2, 1, 5), "ok yes"), new(0, null, ""), new(421, null, "- x"), new(554, new EnhancedStatusCode(5, 7, 999), " a")])
            Assert.Equal(reply, ReplyText.Read(ReplyText.Write(reply)));
        Assert.Equal("250 2.1.5 ok yes", ReplyText.Write(new Reply(250, new EnhancedStatusCode(2, 1, 5), "ok yes")));
        Assert.Throws<FormatException>(() => ReplyText.Read("250"));
    }

    /// <summary>Other implementations must be able to check the trail.</summary>
    [Fact]
    public void Audit_hashes_stay_the_same()
    {
        var hash = new byte[AuditChain.HashLength];
        var chain = new AuditChain();
        chain.Next(hash, 1, 1000, new AuditEvent(Noon, AuditKind.Accepted, new MessageId(64)), hash);
        chain.Next(hash, 2, 2000, new AuditEvent(Noon, AuditKind.Held, new MessageId(64), 3, "wärum", "op"), hash);
        Assert.Equal(GoldenHash, Convert.ToHexString(hash));
    }

    private static readonly Envelope Least = new() { ReversePath = ReversePath.Null, Recipients = [], ArrivedAt = Noon, Origin = new Origin { Listener = "" } };

    private const string GoldenFull = 
        "030B6140622E6578616D706C65188080F98DA8FD85E3111605060208010A010C010F0145100C148080F98DA8FD85E311130E028080F98DA8FD85E311"
        + "040106011B1103016C05033A3A310701680901750B01740542030F227820792240632E6578616D706C650A00040A08010C070F100000000000000001"
        + "000000000000000207150306726663383232050B6F40642E6578616D706C65050E030A706F73746D61737465720A02";
    private const string GoldenLeast = "188080F98DA8FD85E31116021B020300";
    private const string GoldenHash = "6B555E6D4D870D85A108D816F449492AE94CCA0FA5CB77C6A5A2C7CA21793877";

    private static Gen<Envelope> Envelopes()
    {
        var text = Gen.Elements("", "x", "grüße", "a b", "日本", "E=5", new string('z', 200));
        var optional = Gen.OneOf(Gen.Constant<string?>(null), text.Select(t => (string?)t));
        var time = Gen.Choose(0, int.MaxValue).Select(s => DateTimeOffset.UnixEpoch.AddSeconds(s).AddTicks(s));
        var address = Gen.Elements("a@b.example", "\"quo ted\"@x.example", "A.B@[192.0.2.1]", "ü@bücher.example", "postmaster", "n@xn--bcher-kva.example").Select(Mailbox.Parse);
        var priority = Gen.Choose(-10, 9).Select(v => MtPriority.TryCreate(v, out var p) ? p : (MtPriority?)null);
        var precedence = Gen.Choose(0, 5).Select(p => (Precedence)p);
        var recipient = from a in address
                        from notify in Gen.Choose(0, 15)
                        from role in Gen.Choose(0, 1)
                        from p in precedence
                        from mt in priority
                        from key in Gen.Choose(-1, 1000)
                        from original in optional
                        select new Recipient(a)
                        {
                            Notify = (NotifyOptions)notify, Role = (AddresseeRole)role, Precedence = p, Priority = mt,
                            DuplicateKey = key < 0 ? null : (UInt128)key << 60, OriginalRecipient = original is null ? null : new OriginalRecipient("utf-8", original),
                        };
        return from path in Gen.OneOf(Gen.Constant(ReversePath.Null), address.Select(a => new ReversePath(a)))
               from recipients in recipient.ArrayOf()
               from body in Gen.Choose(0, 2)
               from flags in Gen.Choose(0, 63)
               from ret in Gen.Choose(0, 2)
               from envelopeId in optional
               from mt in priority
               from p in precedence
               from arrived in time
               from later in time
               from listener in text
               from client in text
               from tls in optional
               from who in optional
               select new Envelope
               {
                   ReversePath = path, Recipients = [.. recipients], Body = (BodyType)body, SmtpUtf8 = (flags & 1) != 0, RequireTls = (flags & 2) != 0, TlsOptional = (flags & 4) != 0, MinimizeConsidered = (flags & 8) != 0, OpenedHere = (flags & 16) != 0, Label = (flags & 32) != 0 ? new Domain.Labelling.MessageLabel(new byte[] { 0x31, (byte)flags }) : null,
                   Return = (DsnReturn)ret, EnvelopeId = envelopeId, Priority = mt, Precedence = p, ArrivedAt = arrived,
                   HoldUntil = (flags & 4) != 0 ? later : null,
                   MilitaryFields = (flags & 8) != 0 ? listener : null, Expires = (flags & 16) != 0 ? later : null, Supersedes = (flags & 32) != 0 ? client : null,
                   DeliverBy = (flags & 4) != 0 ? new DeliverBy(later, (DeliverByMode)(flags & 1), (flags & 2) != 0) : null,
                   Origin = new Origin { Listener = listener, ClientAddress = client, Helo = listener, AuthenticatedAs = who, Tls = tls },
               };
    }

    private static byte[] Write(Envelope envelope)
    {
        var writer = new TaggedWriter();
        EnvelopeCodec.Write(envelope, writer);
        return writer.Written.ToArray();
    }

    private static void AssertSame(Envelope expected, Envelope actual)
    {
        Assert.Equal(expected.Recipients.AsEnumerable(), actual.Recipients.AsEnumerable());
        Assert.Equal(expected with { Recipients = ImmutableArray<Recipient>.Empty }, actual with { Recipients = ImmutableArray<Recipient>.Empty });
        Assert.Equal(expected.ReversePath.ToString(), actual.ReversePath.ToString());
        Assert.Equal(expected.Recipients.Select(r => r.Address.Text), actual.Recipients.Select(r => r.Address.Text));
    }

    private static void AssertReadsOrRefuses(byte[] octets)
    {
        try
        {
            EnvelopeCodec.Read(octets);
        }
        catch (FormatException)
        {
            // What a reader is told to expect.
        }
    }
}
