using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MilSwitch.Domain.Lists;
using MilSwitch.Lookup.Finding.Directories;
using MilSwitch.Lookup.Lists;

namespace MilSwitch.Lookup.Tests.Lists;

/// <summary>Directories that answer as OpenLDAP does not.</summary>
[Trait("Feature", "M-05")]
public sealed class MembersWalkTests
{
    private static readonly MembersSettings Settings = new() { Servers = [], TlsAnchors = [], Base = "cn=list,dc=x", Follow = ["member"] };

    [Fact]
    public async Task Values_that_come_in_stretches_are_asked_for_until_all_are_there()
    {
        var asked = new List<string>();
        var answer = await WalkAsync(Settings, (name, attributes) =>
        {
            asked.Add($"{name} {string.Join(',', attributes)}");
            return (name, attributes) switch
            {
                ("cn=list,dc=x", ["mail", "member"]) => Entry(name, ("member", []), ("member;range=0-1", ["cn=a,dc=x", "cn=b,dc=x"])),
                ("cn=list,dc=x", ["member;range=2-*"]) => Entry(name, ("member;range=2-2", ["cn=c,dc=x"])),
                ("cn=list,dc=x", ["member;range=3-*"]) => Entry(name, ("member;range=3-*", ["cn=a,dc=x"])),
                ("cn=c,dc=x", ["mail", "member"]) => Entry(name, ("mail;range=0-0", ["c@unit.example"])),
                ("cn=c,dc=x", ["mail;range=1-*"]) => Entry(name, ("mail;range=1-*", ["c2@unit.example"])),
                _ => Entry(name, ("mail", [$"{name[3]}@unit.example"])),
            };
        });
        Assert.Equal("a@unit.example b@unit.example c2@unit.example c@unit.example", string.Join(' ', Assert.IsType<ListMembersAnswer.Known>(answer).Members.Select(m => m.Text).Order(StringComparer.Ordinal)));
        Assert.Equal(1, asked.Count(a => a.StartsWith("cn=a,", StringComparison.Ordinal)));
    }

    [Theory]
    [Trait("Threat", "F29")]
    [InlineData("member;range=5-9")]
    [InlineData("member;range=0-x")]
    [InlineData("member;range=0")]
    [InlineData("member;range=0-0")]
    public async Task A_stretch_that_was_not_asked_for_or_does_not_go_on_is_no_answer(string attribute) => await Assert.ThrowsAsync<LdapException>(
        () => WalkAsync(Settings, (name, attributes) => attributes.Length is 2 ? Entry(name, (attribute, ["cn=a,dc=x"])) : Entry(name)));

    [Fact]
    [Trait("Threat", "F29")]
    public async Task A_value_that_names_no_entry_is_named_and_shown_without_what_moves_a_cursor()
    {
        var answer = await WalkAsync(Settings, (name, _) => Entry(name, ("member", ["a\u001b[2J@unit.example"])));
        Assert.EndsWith(": cn=list,dc=x names 'a?[2J@unit.example', which is no name of an entry", Assert.IsType<ListMembersAnswer.Unavailable>(answer).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_entry_that_comes_under_another_name_is_taken_once()
    {
        var answer = await WalkAsync(Settings, (name, _) => name is "cn=list,dc=x" ? Entry(name, ("member", ["cn=a,dc=x", "cn=a+cn=b,dc=x"])) : Entry("uid=1,dc=x", ("mail", ["a@unit.example", "no address"])));
        var known = Assert.IsType<ListMembersAnswer.Known>(answer);
        Assert.Equal((1, 1), (known.Members.Length, known.Unusable));
    }

    private static (string Name, (string Attribute, string[] Values)[] Values) Entry(string name, params (string, string[])[] values) => (name, values);

    /// <param name="settings">Whose servers nobody asks.</param>
    /// <param name="answer">To a search below a name for attributes: the one entry that there is.</param>
    private static async Task<ListMembersAnswer> WalkAsync(MembersSettings settings, Func<string, string[], (string Name, (string Attribute, string[] Values)[] Values)> answer)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = ServeAsync();
        try
        {
            return await new LdapClient(null, TimeProvider.System, TimeSpan.FromSeconds(10)).TalkAsync(
                new LdapEndpoint("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port), "", default, MembersSettings.MostOctets, talk => new MembersWalk(settings, talk, TimeProvider.System).RunAsync(), default);
        }
        finally
        {
            listener.Stop();
            await serving;
        }

        async Task ServeAsync()
        {
            using var client = await listener.AcceptTcpClientAsync();
            await using var stream = client.GetStream();
            var buffer = new byte[4_096];
            try
            {
                while (await stream.ReadAsync(buffer) is var count and > 0)
                {
                    var (id, name, attributes) = Read(buffer.AsMemory(0, count));
                    if (name is null) return;
                    await stream.WriteAsync(Write(id, answer(name, attributes)));
                }
            }
            catch (IOException)
            {
                // The client went away.
            }
        }
    }

    private static (int Id, string? Name, string[] Attributes) Read(ReadOnlyMemory<byte> message)
    {
        var outer = new AsnReader(message, AsnEncodingRules.BER).ReadSequence();
        outer.TryReadInt32(out var id);
        if (outer.PeekTag().TagValue is not 3) return (id, null, []);
        var search = outer.ReadSequence(new Asn1Tag(TagClass.Application, 3));
        var name = Encoding.UTF8.GetString(search.ReadOctetString());
        for (var i = 0; i < 6; i++) search.ReadEncodedValue();
        var list = search.ReadSequence();
        var attributes = ImmutableArray.CreateBuilder<string>();
        while (list.HasData) attributes.Add(Encoding.UTF8.GetString(list.ReadOctetString()));
        return (id, name, [.. attributes]);
    }

    private static byte[] Write(int id, (string Name, (string Attribute, string[] Values)[] Values) entry)
    {
        var writer = new AsnWriter(AsnEncodingRules.BER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(id);
            using var body = writer.PushSequence(new Asn1Tag(TagClass.Application, 4));
            writer.WriteOctetString(Encoding.UTF8.GetBytes(entry.Name));
            using var attributes = writer.PushSequence();
            foreach (var (attribute, values) in entry.Values)
            {
                using var one = writer.PushSequence();
                writer.WriteOctetString(Encoding.UTF8.GetBytes(attribute));
                using var set = writer.PushSetOf();
                foreach (var value in values) writer.WriteOctetString(Encoding.UTF8.GetBytes(value));
            }
        }

        using (writer.PushSequence())
        {
            writer.WriteInteger(id);
            using var done = writer.PushSequence(new Asn1Tag(TagClass.Application, 5));
            writer.WriteEncodedValue([0x0A, 0x01, 0x00]);
            writer.WriteOctetString([]);
            writer.WriteOctetString([]);
        }

        return writer.Encode();
    }
}
