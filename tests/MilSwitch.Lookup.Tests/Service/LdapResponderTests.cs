using System.Formats.Asn1;
using System.Net;
using System.Net.Security;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Domain.Addressing;
using MilSwitch.Lookup.Service.Ldap;
using MilSwitch.Testing;
using static MilSwitch.Lookup.Tests.Service.LdapClient;
using static MilSwitch.Lookup.Tests.Service.ProxyMaterial;

namespace MilSwitch.Lookup.Tests.Service;

[Trait("Feature", "R-01")]
[Trait("Feature", "R-05")]
public sealed class LdapResponderTests
{
    private const string Certificate = "userCertificate;binary";

    private static readonly Action<AsnWriter> ForBob = Equal("mail", "bob@north.example");

    [Fact]
    public async Task Binds_anonymous_clients_and_finds_the_certificates_of_a_recipient()
    {
        await using var server = new LdapServer();
        var client = await server.ClientAsync();
        Assert.Equal((1, 1, 0), Summary(Assert.Single(await client.AskAsync(Bind(1)))));
        var found = await client.AskAsync(Search(2, ForBob, LdapServer.Suffix, attributes: [Certificate]));
        Assert.Equal([(2, 4, -1), (2, 5, 0)], found.Select(Summary));
        Assert.Contains("mail=bob@north.example," + LdapServer.Suffix, found[0].Text, StringComparison.Ordinal);
        Assert.Equal(2, Certificates(found[0]).Count);
        Assert.Equal(server.Log.Records.Select(r => r.Certificate), Certificates(found[0]).Select(c => Smime.Certificates.Certificate.Read(c).Thumbprint));
        Assert.StartsWith("ldap 127.0.0.1", server.Log.Records[0].Requester, StringComparison.Ordinal);
        // Nobody else's attributes come along.
        Assert.DoesNotContain("inetOrgPerson", found[0].Text, StringComparison.Ordinal);
    }

    public static TheoryData<string, int> Filters => new()
    {
        { "mail", 1 }, { "several", 2 }, { "class and mail", 1 }, { "mail and certificate", 1 }, { "mail or cn", 1 }, { "cn", 1 }, { "begins", 1 }, { "begins shorter", 0 },
        { "not", 0 }, { "not another", 1 }, { "unknown", 0 }, { "unknown or mail", 1 }, { "not unknown", 0 }, { "extensible or mail", 1 }, { "nobody", 0 }, { "other domain", 0 }, { "no address", 0 },
        { "empty and", 0 }, { "outlook", 1 }, { "other class", 0 }, { "case", 1 },
    };

    [Theory]
    [MemberData(nameof(Filters))]
    public async Task Evaluates_filters(string name, int entries)
    {
        var filter = name switch
        {
            "mail" => ForBob,
            "several" => Or(ForBob, Equal("mail", "eve@sub.north.example"), Equal("mail", "x@south.example")),
            "class and mail" => And(Present("objectClass"), ForBob),
            "mail and certificate" => And(ForBob, Present(Certificate)),
            "mail or cn" => Or(ForBob, Equal("cn", "bob@north.example"), Equal("commonName", "BOB@north.example")),
            "cn" => Equal("CN", "bob@north.example"),
            "begins" => Begins("mail", "bob@north.example"),
            "begins shorter" => Begins("mail", "bob@nor"),
            "not" => Not(ForBob),
            "not another" => And(ForBob, Not(Equal("mail", "bert@north.example"))),
            "unknown" => And(ForBob, Equal("shoeSize", "44")),
            "unknown or mail" => Or(Equal("shoeSize", "44"), ForBob),
            "not unknown" => And(ForBob, Not(Equal("shoeSize", "44"))),
            "extensible or mail" => Or(Extensible(), ForBob),
            "nobody" => Present("objectClass"),
            "other domain" => Equal("mail", "bob@south.example"),
            "no address" => Equal("mail", "bob"),
            "empty and" => And(),
            "outlook" => And(Present("mail"), Or(Begins("mail", "bob@north.example"), Begins("cn", "bob@north.example"), Begins("sn", "bob@north.example"))),
            "other class" => And(ForBob, Equal("objectClass", "device")),
            _ => Equal("MAIL", "bob@NORTH.Example"),
        };
        if (name is "mail or cn") entries = 2;
        await using var server = new LdapServer();
        var found = await (await server.ClientAsync()).AskAsync(Search(1, filter, LdapServer.Suffix, attributes: [Certificate]));
        Assert.Equal(0, found[^1].Result);
        Assert.Equal(entries, found.Count - 1);
        Assert.All(found.SkipLast(1), entry => Assert.Equal(2, Certificates(entry).Count));
    }

    [Fact]
    public async Task Issues_nothing_for_an_address_book_that_asks_for_no_certificate()
    {
        await using var server = new LdapServer();
        var found = await (await server.ClientAsync()).AskAsync(Search(1, ForBob, LdapServer.Suffix, attributes: ["cn", "mail", "1.1"]));
        Assert.Equal(2, found.Count);
        Assert.Empty(server.Log.Records);
        var all = await (await server.ClientAsync()).AskAsync(Search(1, ForBob, LdapServer.Suffix));
        foreach (var words in new[] { "inetOrgPerson", "Boundary of unit.example", "smtp:gateway.unit.example", "decrypted at the boundary", Certificate })
            Assert.Contains(words, all[0].Text, StringComparison.Ordinal);
        var types = await (await server.ClientAsync()).AskAsync(Search(1, ForBob, LdapServer.Suffix, typesOnly: true));
        Assert.Empty(Certificates(types[0]));
        Assert.DoesNotContain("Boundary of", types[0].Text, StringComparison.Ordinal);
        Assert.DoesNotContain("objectClass", (await (await server.ClientAsync()).AskAsync(Search(1, ForBob, LdapServer.Suffix, attributes: ["1.1"])))[0].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 2, 1, 0)]
    [InlineData("dc=unit,dc=example", 2, 1, 0)]
    [InlineData("OU = Boundary, DC=unit,DC=example", 1, 1, 0)]
    [InlineData(LdapServer.Suffix, 0, 0, 0)]
    [InlineData("mail=bob@north.example," + LdapServer.Suffix, 0, 1, 0)]
    [InlineData("mail=bob@north.example," + LdapServer.Suffix, 1, 0, 0)]
    [InlineData("mail=bob\\40north.example," + LdapServer.Suffix, 0, 1, 0)]
    [InlineData("mail=bob@south.example," + LdapServer.Suffix, 0, 0, 32)]
    [InlineData("mail=bob@north.example,dc=elsewhere", 0, 0, 32)]
    [InlineData("dc=elsewhere", 2, 0, 32)]
    public async Task Knows_the_names_of_its_tree(string name, int scope, int entries, int result)
    {
        await using var server = new LdapServer();
        var found = await (await server.ClientAsync()).AskAsync(Search(1, scope is 0 ? Present("objectClass") : ForBob, name, scope));
        Assert.Equal((entries, result), (found.Count - 1, found[^1].Result));
    }

    [Fact]
    public async Task Tells_about_itself()
    {
        await using var server = new LdapServer(new LdapSettings { Suffix = LdapServer.Suffix, RequireBind = true, Authenticate = (_, _, _) => ValueTask.FromResult(false) });
        var found = await (await server.ClientAsync()).AskAsync(Search(1, Present("objectClass"), "", 0, attributes: ["namingContexts", "supportedLDAPVersion"]));
        Assert.Contains(LdapServer.Suffix, found[0].Text, StringComparison.Ordinal);
        Assert.Equal(0, found[1].Result);
    }

    [Fact]
    public async Task Limits_the_entries_of_an_answer()
    {
        await using var server = new LdapServer(new LdapSettings { Suffix = LdapServer.Suffix, MostEntries = 3 });
        var many = Or([.. Enumerable.Range(0, 20).Select(i => Equal("mail", $"u{i}@north.example"))]);
        var found = await (await server.ClientAsync()).AskAsync(Search(1, many, LdapServer.Suffix, size: 2));
        Assert.Equal((2, 4), (found.Count - 1, found[^1].Result));
        found = await (await server.ClientAsync()).AskAsync(Search(1, many, LdapServer.Suffix));
        Assert.Equal((3, 11), (found.Count - 1, found[^1].Result));
        Assert.Equal(6, server.Log.Records.Count);
    }

    [Fact]
    public async Task Says_when_asking_again_may_help_and_hides_who_gets_none()
    {
        var eve = Mailbox.Parse("eve@north.example");
        await using var server = new LdapServer(issuing: Settings with { MostPerMinute = 1, OptedOut = [eve] });
        var client = await server.ClientAsync();
        Assert.Equal([(1, 5, 0)], (await client.AskAsync(Search(1, Equal("mail", "eve@north.example"), LdapServer.Suffix))).Select(Summary));
        Assert.Equal([4, 5], (await client.AskAsync(Search(2, ForBob, LdapServer.Suffix))).Select(a => a.Operation));
        Assert.Equal([(3, 5, 51)], (await client.AskAsync(Search(3, Equal("mail", "a@north.example"), LdapServer.Suffix))).Select(Summary));
        server.Log.IsAway = true;
        server.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal([(4, 5, 52)], (await client.AskAsync(Search(4, Equal("mail", "a@north.example"), LdapServer.Suffix))).Select(Summary));
    }

    [Fact]
    public async Task Refuses_whatever_would_change_something()
    {
        await using var server = new LdapServer();
        var client = await server.ClientAsync();
        foreach (var (request, answer) in new[] { (6, 7), (8, 9), (10, 11), (12, 13), (14, 15) })
        {
            var octets = Message(request, w =>
            {
                using (w.PushSequence(new Asn1Tag(TagClass.Application, request))) w.WriteOctetString([]);
            });
            Assert.Equal([(request, answer, 53)], (await client.AskAsync(octets)).Select(Summary));
        }

        Assert.Equal([(1, 24, 2)], (await client.AskAsync(Extended(1, "1.3.6.1.4.1.4203.1.11.3"))).Select(Summary));
        Assert.Equal([(2, 24, 2)], (await client.AskAsync(Extended(2, "1.3.6.1.4.1.1466.20037"))).Select(Summary));
    }

    [Fact]
    public async Task Takes_no_password_outside_of_TLS_and_none_that_is_wrong()
    {
        using var pki = new TestPki();
        using var certificate = pki.Issue("127.0.0.1");
        var asked = new List<string>();
        var settings = new LdapSettings
        {
            Suffix = LdapServer.Suffix, RequireBind = true,
            Authenticate = (name, password, _) =>
            {
                asked.Add(name);
                return ValueTask.FromResult(password.Span.SequenceEqual("right"u8));
            },
        };
        await using var server = new LdapServer(settings, tls: new SslServerAuthenticationOptions { ServerCertificate = certificate });
        var stream = await server.ConnectAsync();
        var client = new LdapClient(stream);
        Assert.Equal(50, (await client.AskAsync(Search(1, ForBob, LdapServer.Suffix)))[0].Result);
        Assert.Equal(13, (await client.AskAsync(Bind(2, "cn=a", "right")))[0].Result);
        Assert.Equal(53, (await client.AskAsync(Bind(3, "cn=a")))[0].Result);
        Assert.Empty(asked);
        Assert.Equal((4, 24, 0), Summary((await client.AskAsync(Extended(4, "1.3.6.1.4.1.1466.20037")))[0]));
        await using var inside = new SslStream(stream, leaveInnerStreamOpen: true, (_, _, _, _) => true);
        await inside.AuthenticateAsClientAsync("127.0.0.1");
        client = new LdapClient(inside);
        Assert.Equal(0, (await client.AskAsync(Bind(5, "cn=a", "right")))[0].Result);
        Assert.Equal(2, (await client.AskAsync(Search(6, ForBob, LdapServer.Suffix))).Count);
        Assert.EndsWith(" cn=a", server.Log.Records[0].Requester, StringComparison.Ordinal);
        // Whoever fails to be somebody is nobody.
        Assert.Equal(49, (await client.AskAsync(Bind(7, "cn=a", "wrong")))[0].Result);
        Assert.Equal(50, (await client.AskAsync(Search(8, ForBob, LdapServer.Suffix)))[0].Result);
        Assert.Equal(49, (await client.AskAsync(Bind(9, "cn=a", "wrong")))[0].Result);
        Assert.Equal(49, (await client.AskAsync(Bind(10, "cn=a", "wrong")))[0].Result);
        Assert.Null(await client.ReadAsync());
    }

    [Fact]
    [Trait("Threat", "S3")]
    public async Task Ends_when_anything_was_sent_behind_StartTLS()
    {
        using var pki = new TestPki();
        using var certificate = pki.Issue("127.0.0.1");
        await using var server = new LdapServer(tls: new SslServerAuthenticationOptions { ServerCertificate = certificate });
        var client = await server.ClientAsync();
        await client.SendAsync(Extended(1, "1.3.6.1.4.1.1466.20037"), Search(2, ForBob, LdapServer.Suffix));
        Assert.Equal((0, 24, 2), Summary((await client.ReadAsync())!));
        Assert.Null(await client.ReadAsync());
    }

    [Fact]
    public async Task Knows_no_other_way_to_bind_and_no_other_version()
    {
        await using var server = new LdapServer();
        var client = await server.ClientAsync();
        Assert.Equal(2, (await client.AskAsync(Bind(1, version: 2)))[0].Result);
        var sasl = Message(2, w =>
        {
            using (w.PushSequence(new Asn1Tag(TagClass.Application, 0)))
            {
                w.WriteInteger(3);
                w.WriteOctetString([]);
                using (w.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 3))) w.WriteOctetString("PLAIN"u8);
            }
        });
        Assert.Equal(7, (await client.AskAsync(sasl))[0].Result);
        Assert.Equal(12, (await client.AskAsync(Search(3, ForBob, LdapServer.Suffix, controls: Control("1.2.3", true))))[0].Result);
        Assert.Equal(2, (await client.AskAsync(Search(4, ForBob, LdapServer.Suffix, controls: Control("1.2.3", false)))).Count);
        await client.SendAsync(Message(5, w => w.WriteInteger(4, new Asn1Tag(TagClass.Application, 16))), Message(6, w => w.WriteNull(new Asn1Tag(TagClass.Application, 2))));
        Assert.Null(await client.ReadAsync());
    }

    [Fact]
    public async Task Answers_requests_that_come_at_once_in_order()
    {
        await using var server = new LdapServer();
        var client = await server.ClientAsync();
        await client.SendAsync(Bind(1), Search(2, ForBob, LdapServer.Suffix), Search(3, ForBob, LdapServer.Suffix));
        var ids = new List<(int, int, int)>();
        for (var i = 0; i < 5; i++) ids.Add(Summary((await client.ReadAsync())!));
        Assert.Equal([(1, 1, 0), (2, 4, -1), (2, 5, 0), (3, 4, -1), (3, 5, 0)], ids);
    }

    [Fact]
    [Trait("Threat", "C6")]
    public async Task Says_goodbye_to_what_is_too_long_or_no_LDAP()
    {
        await using var server = new LdapServer();
        byte[][] bad =
        [
            [0x30, 0x83, 0x02, 0, 0], [0x30, 0x85, 0, 0, 0, 0, 1], [0x30, 0x80], "GET / HTTP/1.1\r\n\r\n"u8.ToArray(), [0x16, 3, 1, 0, 5], Bind(0), [0x30, 0],
            Message(1, w => w.WriteNull()), Message(1, w => w.WriteNull(new Asn1Tag(TagClass.Application, 30))), [0x30, 0x03, 0x02, 0x01, 0x01],
        ];
        foreach (var octets in bad)
        {
            var client = await server.ClientAsync();
            await client.SendAsync(octets);
            Assert.Equal((0, 24, 2), Summary((await client.ReadAsync())!));
            Assert.Null(await client.ReadAsync());
        }
    }

    [Fact]
    [Trait("Threat", "C6")]
    public async Task Refuses_filters_without_end()
    {
        await using var server = new LdapServer();
        var client = await server.ClientAsync();
        var deep = ForBob;
        for (var i = 0; i < 17; i++) deep = Not(deep);
        Assert.Equal([(1, 5, 11)], (await client.AskAsync(Search(1, deep, LdapServer.Suffix))).Select(Summary));
        var deepest = ForBob;
        for (var i = 0; i < 16; i++) deepest = i % 2 is 0 ? And(deepest) : Or(deepest);
        Assert.Equal(2, (await client.AskAsync(Search(2, deepest, LdapServer.Suffix))).Count);
        var wide = Or([.. Enumerable.Repeat(ForBob, 600)]);
        Assert.Equal([(3, 5, 11)], (await client.AskAsync(Search(3, wide, LdapServer.Suffix))).Select(Summary));
        Assert.Equal((0, 24, 2), Summary((await client.AskAsync(Search(4, w =>
        {
            using (w.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 2)))
            {
                ForBob(w);
                ForBob(w);
            }
        })))[0]));
    }

    [Fact]
    [Trait("Threat", "S9")]
    public async Task Ends_what_lies_idle_or_comes_in_drops()
    {
        var clock = new FakeTimeProvider(Now);
        await using var server = new LdapServer(clock: clock);
        var idle = await server.ClientAsync();
        Assert.Single(await idle.AskAsync(Bind(1)));
        await idle.SendAsync([0x30]);
        await Eventually.ComesTrueAsync(
            () =>
            {
                clock.Advance(TimeSpan.FromSeconds(61));
                return server.Listener.Connections is 0;
            },
            TimeSpan.FromSeconds(20),
            "the idle connection is closed");
        Assert.Null(await idle.ReadAsync());
    }

    [Fact]
    [Trait("Threat", "S9")]
    public async Task Limits_the_connections_of_one_client()
    {
        await using var server = new LdapServer(new LdapSettings { Suffix = LdapServer.Suffix, MostConnectionsOfClient = 2 });
        var first = await server.ClientAsync();
        var second = await server.ClientAsync();
        await first.AskAsync(Bind(1));
        await second.AskAsync(Bind(1));
        Assert.Null(await (await server.ClientAsync()).ReadAsync());
        await first.SendAsync(Message(2, w => w.WriteNull(new Asn1Tag(TagClass.Application, 2))));
        Assert.Null(await first.ReadAsync());
        await Eventually.ComesTrueAsync(() => server.Listener.Connections is 1, TimeSpan.FromSeconds(20), "a place is free");
        Assert.Single(await (await server.ClientAsync()).AskAsync(Bind(1)));
    }

    [Theory]
    [Trait("Threat", "S9")]
    [InlineData("2001:db8::1", "2001:db8::ffff:1", true)]
    [InlineData("2001:db8::1", "2001:db8:0:1::1", false)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    public void Counts_the_addresses_together_that_one_host_of_IPv6_has(string one, string other, bool isSame) =>
        Assert.Equal(isSame, LdapListener.ClientOf(IPAddress.Parse(one)).Equals(LdapListener.ClientOf(IPAddress.Parse(other))));

    [Fact]
    [Trait("Threat", "C6")]
    public async Task Mutations_get_an_answer_or_a_goodbye_and_never_a_certificate_of_anybody_else()
    {
        var random = new Random(4511);
        await using var server = new LdapServer(new LdapSettings { Suffix = LdapServer.Suffix, MostConnectionsOfClient = 256 }, Settings with { MostPerMinute = 10_000, MostPerMinuteOfClient = 10_000 });
        var seeds = new[]
        {
            Bind(1, "cn=x", "y"), Search(2, ForBob, LdapServer.Suffix, attributes: [Certificate]), Search(3, And(Present("objectClass"), Or(ForBob, Begins("mail", "eve@north.example"))), LdapServer.Suffix),
            Search(4, Not(Not(ForBob)), "mail=bob@north.example," + LdapServer.Suffix, 0, controls: Control("1.2.3", false)), Extended(5, "1.2.3"),
        };
        for (var round = 0; round < 400; round++)
        {
            var octets = (byte[])seeds[random.Next(seeds.Length)].Clone();
            for (var i = random.Next(1, 5); i > 0; i--) octets[random.Next(octets.Length)] = (byte)random.Next(256);
            using var stream = new MemoryStream();
            using var wire = new Duplex(octets, stream);
            await new LdapResponder(server.Authority, new LdapSettings { Suffix = LdapServer.Suffix }, TimeProvider.System).ServeAsync(wire, "fuzz").WaitAsync(TimeSpan.FromSeconds(20));
            var answers = new AsnReader(stream.ToArray(), AsnEncodingRules.BER);
            while (answers.HasData) answers.ReadEncodedValue();
        }

        Assert.All(server.Log.Records, r => Assert.True(r.Recipient.EndsWith("north.example", StringComparison.Ordinal), r.Recipient));
    }

    private static (int Id, int Operation, int Result) Summary(Answer answer) => (answer.Id, answer.Operation, answer.Result);

    // Values of the attribute in an entry.
    private static List<byte[]> Certificates(Answer entry)
    {
        var message = new AsnReader(entry.Encoded, AsnEncodingRules.BER).ReadSequence();
        message.ReadInteger();
        var result = message.ReadSequence(new Asn1Tag(TagClass.Application, 4));
        result.ReadOctetString();
        var attributes = result.ReadSequence();
        var found = new List<byte[]>();
        while (attributes.HasData)
        {
            var attribute = attributes.ReadSequence();
            var name = Encoding.ASCII.GetString(attribute.ReadOctetString());
            var values = attribute.ReadSetOf(skipSortOrderValidation: true);
            while (values.HasData)
            {
                var value = values.ReadOctetString();
                if (name == Certificate) found.Add(value);
            }
        }

        return found;
    }

    /// <summary>What comes from one buffer and goes into another.</summary>
    private sealed class Duplex(byte[] input, Stream output) : Stream
    {
        private int at;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush()
        {
        }

        // In pieces, as a network has them.
        public override int Read(byte[] buffer, int offset, int count)
        {
            var taken = Math.Min(Math.Min(count, 7), input.Length - at);
            input.AsSpan(at, taken).CopyTo(buffer.AsSpan(offset));
            at += taken;
            return taken;
        }

        public override void Write(byte[] buffer, int offset, int count) => output.Write(buffer, offset, count);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
