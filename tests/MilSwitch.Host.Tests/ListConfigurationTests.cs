using MilSwitch.Domain.Lists;

namespace MilSwitch.Host.Tests;

public sealed class ListConfigurationTests : IDisposable
{
    private const string Plain = "address: watch@hq.example, members: [ops@x.example], owner: chief@hq.example, post: [anyone]";
    private readonly ConfigurationFiles files = new();

    public ListConfigurationTests() => files.WriteCertificate().Dispose();

    public void Dispose() => files.Dispose();

    [Fact]
    public void Reads_a_list_with_all_it_can_have()
    {
        File.WriteAllText(Path.Combine(files.Folder, "members.txt"), "# the watch\nlog@x.example # logistics\n\nOPS@x.example\nops@x.example\n");
        var list = Assert.Single(Good(
            "address: Watch@HQ.example, members: [ops@x.example], members-file: members.txt, owner: chief@hq.example, post: [members, \"*@staff.example\"], open: true, anchors: tls.pem, agents: [tac@x.example], "
            + "protection: { decrypt: [k], sign: { key: k }, encrypt: { certificates: tls.pem } }, receipts: instead-of, receipts-to: [chief@hq.example]").Lists);
        Assert.Equal(["OPS@x.example", "log@x.example", "ops@x.example"], list.Members.Select(m => m.Text));
        Assert.Equal(("Watch@HQ.example", "chief@hq.example", true, ListProof.Required), (list.Address.Text, list.Owner!.Text, list.IsOpen, list.Proof));
        Assert.True(list.Posters!.Contains(list.Members[1]));
        Assert.Equal(["k"], list.Opening!.LoopKeys.AsEnumerable());
        Assert.Equal(["Watch@HQ.example", "tac@x.example"], list.Opening.Lists.AsEnumerable());
        Assert.Equal((ListReceiptPolicy.InsteadOf, true), (list.Expansion!.Policy, list.IsMadeForMembers));
        Assert.True(list.Opening.KeepsSignatures);
    }

    [Fact]
    public void A_list_without_protection_looks_into_nothing()
    {
        var list = Assert.Single(Good(Plain).Lists);
        Assert.Null(list.Opening);
        Assert.Null(list.Posters);
        Assert.Null(Assert.Single(Good(Plain.Replace("owner: chief@hq.example", "returns: originator", StringComparison.Ordinal)).Lists).Owner);
    }

    [Fact]
    [Trait("Feature", "M-05")]
    public void Reads_where_a_directory_has_the_members()
    {
        var good = files.Good(Text("address: watch@hq.example, owner: chief@hq.example, post: [members], proof: none, directory: { url: [\"ldaps://a.example\", \"ldaps://b.example:1636\"], anchors: tls.pem, base: \"ou=people,dc=x\", where: \"memberOf=cn=watch,ou=groups\", addresses: rfc822Mailbox, follow: [member, uniqueMember], keep: 5m }"));
        var list = Assert.Single(good.Switch.Lists.Lists);
        Assert.Equal((true, true, 0), (list.AsksDirectory, list.MembersMayPost, list.Members.Length));
        var (domain, address, settings) = Assert.Single(good.ListDirectories);
        Assert.Equal((null, list.Address, "ou=people,dc=x", "memberOf", "cn=watch,ou=groups", "rfc822Mailbox", TimeSpan.FromMinutes(5)), (domain, address, settings.Base, settings.Attribute, settings.Value, settings.Addresses, settings.Keep));
        Assert.Equal(["a.example:636", "b.example:1636"], settings.Servers.Select(s => s.ToString()));
        Assert.Equal(["member", "uniqueMember"], settings.Follow.AsEnumerable());
    }

    public static TheoryData<string, string> Faults => new()
    {
        { "members: [ops@x.example], owner: a@x.example, post: [anyone]", "lists[0].address: is missing" },
        { "address: watch, members: [ops@x.example], owner: a@x.example, post: [anyone]", "lists[0].address: 'watch' is not a mail address" },
        { "address: w@x.example, owner: a@x.example, post: [anyone]", "lists[0].members: is missing, and so are members-file and directory; a list without members takes mail and tells nobody" },
        { "address: w@x.example, members: [ops@x.example], post: [anyone]", "lists[0].owner: is missing: it hears of members who could not be reached; or say returns: originator" },
        { "address: w@x.example, members: [ops@x.example], owner: a@x.example, returns: originator, post: [anyone]", "lists[0].owner: does nothing with returns: originator" },
        { "address: w@x.example, members: [ops@x.example], owner: a@x.example", "lists[0].post: is missing: name addresses, members or anyone" },
        { "address: w@x.example, members: [ops@x.example], owner: a@x.example, post: [everyone]", "lists[0].post: 'everyone' is not anyone, members, an address, *@domain or *@*.domain" },
        { "address: w@x.example, members: [ops@x.example], owner: a@x.example, post: [members]", "lists[0].post: only accounts could show who they are: name anchors for signatures, or say proof: required or proof: none" },
        { Plain + ", receipts: none", "lists[0].receipts: stands in the list's signature, and protection.sign makes none" },
        { Plain + ", receipts-to: [a@x.example]", "lists[0].receipts-to: is for receipts: instead-of or in-addition-to" },
        { Plain + ", protection: { sign: { key: k } }", "lists[0].protection: needs anchors: whose signatures are good is not known without, and nothing is opened or signed by guess" },
        { "address: w@x.example, members: [ops@x.example], owner: w@x.example, post: [anyone]", "lists[0].owner: 'w@x.example' is a list or a profiler, and none takes the reports that come to its owner" },
        { "address: w@x.example, members: [ops@x.example], owner: a@nowhere.test, post: [anyone]", "lists[0].owner: no route takes 'a@nowhere.test'" },
        { Plain + ", anchors: tls.pem, protection: { sign: { key: k, header-protection: rfc8551 } }", "lists[0].protection.sign.header-protection: is not for a list" },
        { Plain + ", directory: { url: \"ldap://a.example\", anchors: tls.pem, base: dc=x }", "lists[0].directory.url: 'ldap://a.example' is not of the form ldaps://host" },
        { Plain + ", directory: { url: \"ldaps://a.example\", anchors: tls.pem, base: dc=x, follow: [a, b, c, d, e] }", "lists[0].directory: up to four attributes name other entries" },
        { Plain + ", directory: { url: \"ldaps://a.example\", base: dc=x }", "lists[0].directory.anchors: is missing" },
        { Plain + ", directory: { url: \"ldaps://a.example\", anchors: tls.pem, base: dc=x, where: watch }", "lists[0].directory.where: is not attribute=value" },
        { Plain + ", directory: { url: \"ldaps://a.example\", anchors: tls.pem, base: dc=x, bind: cn=r, password: secret }", "lists[0].directory.password: must not stand in the configuration" },
        { Plain + ", membrs: [x]", "lists[0].membrs: unknown key; did you mean 'members'?" },
        { "address: w@x.example, members: [ops@nowhere.test], owner: a@x.example, post: [anyone]", "lists[0].members: no route takes the member 'ops@nowhere.test'" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Says_what_is_wrong(string list, string problem) => Assert.Contains(problem, string.Join("\n", files.Problems(Text(list))), StringComparison.Ordinal);

    private MailingListMap Good(string list) => files.Good(Text(list)).Switch.Lists;

    private static string Text(string list) =>
        ConfigurationFiles.Minimum.Replace("match: \"*\"", "match: \"*.example\"", StringComparison.Ordinal) + $"\nkeys: [{{ name: k, file: tls.key, certificate: tls.pem }}]\nlists: [{{ {list} }}]\n";
}
