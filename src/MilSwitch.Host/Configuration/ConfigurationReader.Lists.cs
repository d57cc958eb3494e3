using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Lists;
using MilSwitch.Domain.Profiling;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Routing;
using MilSwitch.Lookup.Lists;

namespace MilSwitch.Host.Configuration;

/// <summary>Mailing lists.</summary>
public static partial class ConfigurationReader
{
    private const int MostMembers = 100_000;

    private static readonly (string Word, ListReceiptPolicy Value)[] ReceiptPolicies =
        [("absent", ListReceiptPolicy.Absent), ("none", ListReceiptPolicy.None), ("instead-of", ListReceiptPolicy.InsteadOf), ("in-addition-to", ListReceiptPolicy.InAdditionTo)];

    private static MailingListMap ReadLists(ConfigurationSource source, Section root, KeyConfiguration keys, ImmutableArray<DomainOfKeys> domains, RouteTable routes, ProfilerMap profilers,
        ImmutableArray<ListDirectory>.Builder directories)
    {
        var lists = new List<(MailingList List, Section Section)>();
        foreach (var section in Mappings(source, root, "lists", "must be a mapping with address, members and post"))
        {
            var address = ReadAddress(section, "address", required: true);
            var home = ReadDomainName(section, "domain", domains, required: !domains.IsEmpty) is { } name ? domains.FirstOrDefault(d => d.Domain.Name == name) : null;
            var directory = ReadMembersDirectory(source, section);
            var list = ReadList(source, section, address, home, keys);
            section.Finish();
            if (list is null) continue;
            if (home is not null && routes.Find(list.Address)?.Domain != home.Domain.Name)
                section.Reject("address", $"no route leads '{list.Address.Text}' into '{home.Domain.Name}', so that nobody in other domains could write to it");
            if (lists.Any(l => l.List.Address == list.Address)) section.Reject("address", $"'{list.Address.Text}' is that of another list already");
            else
            {
                lists.Add((list, section));
                if (directory is not null) directories.Add(new ListDirectory(list.Domain, list.Address, directory));
            }
        }

        var addresses = lists.Select(l => l.List.Address).ToHashSet();
        foreach (var (list, section) in lists)
        {
            if (list.Members.FirstOrDefault(m => routes.Find(m) is null && !IsHere(m)) is { } lost)
                section.Reject(section.Has("members") ? "members" : "members-file", $"no route takes the member '{lost.Text}'");
            CheckOwner(section, list.Owner, IsHere, routes);
        }

        return lists.Count is 0 ? MailingListMap.None : new MailingListMap([.. lists.Select(l => l.List)]);

        bool IsHere(Mailbox address) => addresses.Contains(address) || profilers.Anywhere(address) is not null;
    }

    private static MailingList? ReadList(ConfigurationSource source, Section section, Mailbox? address, DomainOfKeys? home, KeyConfiguration keys)
    {
        var members = ReadMembers(section);
        var owner = ReadOwner(section, "members");
        var posters = ReadPosters(section, members);
        var proof = section.Keyword("proof", ListProof.Required, ("required", ListProof.Required), ("none", ListProof.None));
        var open = section.Flag("open", false);
        var trust = home?.Domain.Trust ?? ReadTrust(source, section, out _);
        if (home is not null && section.Has("anchors")) section.Reject("anchors", $"those of domain '{home.Domain.Name}' count");
        var agents = ReadAddresses(section, "agents");
        var protection = ReadDeparture(source, section, keys, [home]);
        var policy = section.Keyword("receipts", ListReceiptPolicy.Absent, ReceiptPolicies);
        var receiptsTo = ReadAddresses(section, "receipts-to");
        var names = policy is ListReceiptPolicy.InsteadOf or ListReceiptPolicy.InAdditionTo;
        if (names == receiptsTo.IsEmpty) section.Reject(names ? "receipts" : "receipts-to", names ? "needs receipts-to" : "is for receipts: instead-of or in-addition-to");
        if (policy is not ListReceiptPolicy.Absent && protection?.Sign is null) section.Reject("receipts", "stands in the list's signature, and protection.sign makes none");
        if (protection is { Sign: not null } or { Keys.IsEmpty: false } && trust.Anchors.IsEmpty) section.Reject("protection", "needs anchors: whose signatures are good is not known without, and nothing is opened or signed by guess");
        if (protection?.Sign is { } sign)
        {
            foreach (var key in new[] { "around", "encapsulate", "countersign", "signature-type" })
                if (section.Map("protection").Map("sign").Has(key)) section.Map("protection").Map("sign").Reject(key, "is not for a list, whose signature goes around all others (RFC 2634 §4)");
            if (sign.HeaderProtection is HeaderProtection.Rfc8551) section.Map("protection").Map("sign").Reject("header-protection", "is not for a list, whose signature goes around all others as they are (RFC 9788 §4.10.1)");
            if (home is not null) OwnAll(section.Map("protection").Map("sign"), sign, home);
        }

        if (home is not null)
        {
            foreach (var key in protection?.Keys ?? []) Own(section.Map("protection"), "decrypt", key, home);
        }

        if (posters is not null && proof is ListProof.Required && trust.Anchors.IsEmpty && !section.Has("proof"))
            section.Reject("post", "only accounts could show who they are: name anchors for signatures, or say proof: required or proof: none");
        var asks = section.Has("directory");
        if (address is not { } at || (members.IsEmpty && !asks)) return null;
        return new MailingList
        {
            Address = at,
            Domain = home?.Domain.Name,
            Members = members,
            Owner = owner,
            AsksDirectory = asks,
            Posters = posters,
            MembersMayPost = asks && section.Texts("post").Contains("members"),
            Proof = proof,
            IsOpen = open,
            Opening = trust.Anchors.IsEmpty && protection is null ? null : new BoundaryOpening
            {
                Trust = trust,
                Home = home?.Domain.Name,
                Keys = protection?.Keys ?? [],
                KeepsSignatures = true,
                Lists = [at.Text, .. agents.Select(a => a.Text)],
                LoopKeys = protection?.Sign is { } own ? [own.Key] : [],
            },
            Expansion = protection?.Sign is { } agent ? new ListExpansion(agent, policy, [.. receiptsTo.Select(r => r.Text)]) : null,
            Encrypt = protection?.Encrypt,
        };
    }

    private static Mailbox? ReadAddress(Section section, string key, bool required)
    {
        if ((required ? section.RequiredText(key) : section.Text(key)) is not { } text) return null;
        if (Mailbox.TryParse(text, allowUtf8: true, out var address, out _) && address.Domain.Length > 0) return address;
        section.Reject(key, $"'{text}' is not a mail address");
        return null;
    }

    // In the configuration, in a file of their own, or both.
    private static ImmutableArray<Mailbox> ReadMembers(Section section)
    {
        var members = ReadAddresses(section, "members").ToBuilder();
        if (section.File("members-file") is { } file)
        {
            var number = 0;
            foreach (var line in System.IO.File.ReadLines(file))
            {
                number++;
                var text = line.Split('#', 2)[0].Trim();
                if (text.Length is 0) continue;
                if (Mailbox.TryParse(text, allowUtf8: true, out var member, out _) && member.Domain.Length > 0) members.Add(member);
                else section.Reject("members-file", $"{file}:{number}: '{text}' is not a mail address");
                if (members.Count > MostMembers) break;
            }
        }

        if (members.Count is 0 && !section.Has("directory")) section.Reject("members", "is missing, and so are members-file and directory; a list without members takes mail and tells nobody");
        if (members.Count > MostMembers) section.Reject("members", $"are more than {MostMembers}");
        return members.ToImmutable();
    }

    // Who they are is asked when a message comes.
    private static MembersSettings? ReadMembersDirectory(ConfigurationSource source, Section list)
    {
        if (!list.Has("directory")) return null;
        var section = list.Map("directory");
        var servers = ReadLdapServers(section);
        var bind = section.Text("bind");
        var where = section.Text("where")?.Split('=', 2);
        if (where is not null and not [{ Length: > 0 }, { Length: > 0 }]) section.Reject("where", "is not attribute=value, such as memberOf=cn=watch,ou=groups,dc=example");
        var settings = new MembersSettings
        {
            Servers = servers,
            TlsAnchors = ReadTlsAnchors(source, section),
            Base = section.RequiredText("base") ?? "",
            Attribute = where is [var attribute, _] ? attribute : null,
            Value = where is [_, var value] ? value : null,
            Addresses = section.Text("addresses") ?? "mail",
            Follow = [.. section.Texts("follow")],
            BindName = bind ?? "",
            BindSecret = ReadPassword(source, section, bind),
            TimeLimit = section.Duration("time-limit", TimeSpan.FromSeconds(5), LeastLimit, TimeSpan.FromSeconds(60)),
            Keep = section.Duration("keep", TimeSpan.FromMinutes(1), TimeSpan.Zero, Day),
        };
        section.Finish();
        if (servers.IsEmpty || settings.TlsAnchors.IsEmpty || settings.Base.Length is 0 || where is not null and not [{ Length: > 0 }, { Length: > 0 }] || (bind is not null && settings.BindSecret is null)) return null;
        Judge(list, "directory", () => new DirectoryMembers(settings, TimeProvider.System));
        return settings;
    }

    private static MailboxSet? ReadPosters(Section section, ImmutableArray<Mailbox> members)
    {
        var words = section.Texts("post");
        if (words.IsEmpty) section.Reject("post", "is missing: name addresses, members or anyone");
        if (words.Contains("anyone")) return null;
        if (MailboxSet.TryRead(words.SelectMany(w => w is "members" ? members.Select(m => m.Text) : [w]), out var set, out var wrong)) return set;
        section.Reject("post", $"'{wrong}' is not anyone, members, an address, *@domain or *@*.domain");
        return null;
    }
}
