using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Domain.Lists;
using MilSwitch.Lookup.Finding.Directories;
using MilSwitch.Lookup.Lists;
using MilSwitch.Testing;

namespace MilSwitch.Lookup.Tests.Lists;

/// <summary>Against a real OpenLDAP.</summary>
[Trait("Feature", "M-05")]
public sealed class DirectoryMembersTests : IDisposable
{
    private readonly Workspace workspace = new("members");
    private readonly TestPki pki = new();
    private readonly FakeTimeProvider time = new();

    public void Dispose()
    {
        workspace.Dispose();
        pki.Dispose();
    }

    [RequiresFact(SlapdInstance.Program)]
    public async Task Members_are_the_addresses_of_an_entry_or_of_all_entries_with_a_value()
    {
        using var slapd = await StartAsync(
            Person("Bob", "b@unit.example", "watch") + Person("Alice", "a@unit.example", "watch") + Person("Alien", "x@unit.example", "(watch)*")
            + $"dn: cn=list,{SlapdInstance.Base}\nobjectClass: inetOrgPerson\ncn: list\nsn: list\nmail: one@unit.example\nmail: two@unit.example\nmail: nobody\n\n");
        using var group = Members(slapd, s => s with { Attribute = "departmentNumber", Value = "watch" });
        Assert.Equal("a@unit.example b@unit.example, 0 unusable", Known(await group.AskAsync(default)));
        using var strange = Members(slapd, s => s with { Attribute = "departmentNumber", Value = "(watch)*" });
        Assert.Equal("x@unit.example, 0 unusable", Known(await strange.AskAsync(default)));
        using var entry = Members(slapd, s => s with { Base = $"cn=list,{SlapdInstance.Base}" });
        Assert.Equal("one@unit.example two@unit.example, 1 unusable", Known(await entry.AskAsync(default)));
        using var nobody = Members(slapd, s => s with { Attribute = "departmentNumber", Value = "other" });
        Assert.Equal(", 0 unusable", Known(await nobody.AskAsync(default)));
    }

    [RequiresFact(SlapdInstance.Program)]
    public async Task An_answer_is_kept_for_its_time_and_not_a_moment_longer()
    {
        using var slapd = await StartAsync(Person("Alice", "a@unit.example", "watch"));
        using var group = Members(slapd, s => s with { Attribute = "departmentNumber", Value = "watch", Keep = TimeSpan.FromMinutes(1) });
        Known(await group.AskAsync(default));
        slapd.Stop();
        time.Advance(TimeSpan.FromSeconds(59));
        Known(await group.AskAsync(default));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Contains("can't be reached", Assert.IsType<ListMembersAnswer.Unavailable>(await group.AskAsync(default)).Reason, StringComparison.Ordinal);
        await slapd.StartAgainAsync();
        time.Advance(TimeSpan.FromSeconds(15));
        Known(await group.AskAsync(default));
    }

    [RequiresFact(SlapdInstance.Program)]
    public async Task Who_can_not_be_asked_in_full_is_not_believed_in_part()
    {
        using var slapd = await StartAsync(
            Person("Alice", "a@unit.example", "watch") + $"dn: ou=far,{SlapdInstance.Base}\nobjectClass: referral\nobjectClass: extensibleObject\nou: far\nref: ldap://127.0.0.1:1/ou=far,{SlapdInstance.Base}\n\n");
        using var referred = Members(slapd, s => s with { Attribute = "departmentNumber", Value = "watch" });
        Assert.Contains("refers to others", Assert.IsType<ListMembersAnswer.Unavailable>(await referred.AskAsync(default)).Reason, StringComparison.Ordinal);
        using var other = new TestPki("Other CA");
        using var strange = Members(slapd, s => s with { TlsAnchors = [other.Authority.RawData] });
        Assert.Contains("certificate", Assert.IsType<ListMembersAnswer.Unavailable>(await strange.AskAsync(default)).Reason, StringComparison.Ordinal);
        using var gone = Members(slapd, s => s with { Base = $"cn=gone,{SlapdInstance.Base}" });
        Assert.Contains("noSuchObject", Assert.IsType<ListMembersAnswer.Unavailable>(await gone.AskAsync(default)).Reason, StringComparison.Ordinal);
        using var secret = Members(slapd, s => s with { BindName = SlapdInstance.Reader, BindSecret = () => default });
        Assert.Contains("no secret", Assert.IsType<ListMembersAnswer.Unavailable>(await secret.AskAsync(default)).Reason, StringComparison.Ordinal);
    }

    [RequiresFact(SlapdInstance.Program)]
    public async Task Those_whom_a_group_names_are_read_in_its_place_and_groups_in_it_likewise_each_once()
    {
        using var slapd = await StartAsync(
            Person("Alice", "a@unit.example", "x") + Person("Bob, the builder", "b@unit.example", "x", @"Bob\, the builder") + Person("Carl", "c@unit.example\nmail: carl@unit.example\nmail: nobody", "x")
            + Group("watch", "groupOfNames", "member", Dn("Alice"), $"CN=alice, {SlapdInstance.Base}", Dn("inner"))
            + Group("inner", "groupOfUniqueNames", "uniqueMember", Dn(@"Bob\, the builder") + "#'0101'B", Dn("Carl"), Dn("watch"), Dn("inner")));
        using var group = Members(slapd, s => s with { Base = Dn("watch"), Follow = ["member", "uniqueMember"] });
        Assert.Equal("a@unit.example b@unit.example c@unit.example carl@unit.example, 1 unusable", Known(await group.AskAsync(default)));
        using var found = Members(slapd, s => s with { Attribute = "cn", Value = "inner", Follow = ["member", "uniqueMember"] });
        Assert.Equal("a@unit.example b@unit.example c@unit.example carl@unit.example, 1 unusable", Known(await found.AskAsync(default)));
        // Unless it is said, nobody is followed.
        using var alone = Members(slapd, s => s with { Base = Dn("watch") });
        Assert.Equal(", 0 unusable", Known(await alone.AskAsync(default)));
    }

    [RequiresFact(SlapdInstance.Program)]
    [Trait("Threat", "F29")]
    public async Task A_group_of_which_not_all_are_known_is_not_believed_and_who_it_is_is_named()
    {
        var chain = string.Concat(Enumerable.Range(0, 12).Select(i => Group($"deep{i}", "groupOfNames", "member", Dn($"deep{i + 1}"))));
        using var slapd = await StartAsync(
            Person("Alice", "a@unit.example", "x") + $"dn: {Dn("mute")}\nobjectClass: inetOrgPerson\ncn: mute\nsn: mute\n\n"
            + Person("deep12", "d@unit.example", "x") + chain
            + Group("gone", "groupOfNames", "member", Dn("Alice"), Dn("nobody")) + Group("quiet", "groupOfNames", "member", Dn("Alice"), Dn("mute")));
        Assert.Contains($"{Dn("nobody")}: the search ended with noSuchObject (32)", await RefusedAsync("gone"), StringComparison.Ordinal);
        Assert.Contains($"{Dn("mute")} has no mail address, and names nobody", await RefusedAsync("quiet"), StringComparison.Ordinal);
        Assert.Contains($"{Dn("deep10")} is a group more than 10 groups deep", await RefusedAsync("deep0"), StringComparison.Ordinal);
        using var shallow = Members(slapd, s => s with { Base = Dn("deep2"), Follow = ["member"] });
        Assert.Equal("d@unit.example, 0 unusable", Known(await shallow.AskAsync(default)));

        async Task<string> RefusedAsync(string name)
        {
            using var group = Members(slapd, s => s with { Base = Dn(name), Follow = ["member", "uniqueMember"] });
            return Assert.IsType<ListMembersAnswer.Unavailable>(await group.AskAsync(default)).Reason;
        }
    }

    [RequiresFact(SlapdInstance.Program)]
    [Trait("Threat", "F29")]
    public async Task No_more_entries_are_read_than_there_is_a_bound_for()
    {
        using var slapd = await StartAsync(Group("large", "groupOfNames", "member", [.. Enumerable.Range(0, MembersSettings.MostRequests + 1).Select(i => Dn($"p{i}"))])
            + string.Concat(Enumerable.Range(0, MembersSettings.MostRequests + 1).Select(i => Person($"p{i}", $"p{i}@unit.example", "x"))));
        using var large = Members(slapd, s => s with { Base = Dn("large"), Follow = ["member"], TimeLimit = TimeSpan.FromSeconds(60) });
        Assert.Contains("groups name more than 10000 entries", Assert.IsType<ListMembersAnswer.Unavailable>(await large.AskAsync(default)).Reason, StringComparison.Ordinal);
    }

    private static string Dn(string name) => $"cn={name},{SlapdInstance.Base}";

    private static string Group(string name, string type, string attribute, params string[] members) =>
        $"dn: {Dn(name)}\nobjectClass: {type}\ncn: {name}\n{string.Concat(members.Select(m => $"{attribute}: {m}\n"))}\n";

    private static string Person(string name, string mail, string department, string? written = null) =>
        $"dn: {Dn(written ?? name)}\nobjectClass: inetOrgPerson\ncn: {name}\nsn: {name}\nmail: {mail}\ndepartmentNumber: {department}\n\n";

    private async Task<SlapdInstance> StartAsync(string ldif)
    {
        using var server = pki.Issue("127.0.0.1");
        return await SlapdInstance.StartAsync(workspace["slapd"], server, ldif);
    }

    private DirectoryMembers Members(SlapdInstance slapd, Func<MembersSettings, MembersSettings> change) => new(
        change(new MembersSettings { Servers = [new LdapEndpoint("127.0.0.1", slapd.Port)], TlsAnchors = [pki.Authority.RawData], Base = SlapdInstance.Base, Keep = TimeSpan.Zero }), time);

    private static string Known(ListMembersAnswer answer)
    {
        var known = Assert.IsType<ListMembersAnswer.Known>(answer);
        return string.Create(CultureInfo.InvariantCulture, $"{string.Join(' ', known.Members.Select(m => m.Text).Order(StringComparer.Ordinal))}, {known.Unusable} unusable");
    }
}
