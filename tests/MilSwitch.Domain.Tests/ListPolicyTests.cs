using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Lists;
using MilSwitch.Domain.Protection;

namespace MilSwitch.Domain.Tests;

public sealed class ListPolicyTests
{
    private static readonly MailingList List = new() { Address = Mailbox.Parse("watch@hq.test"), Members = [Mailbox.Parse("c@x.test"), Mailbox.Parse("a@x.test"), Mailbox.Parse("b@x.test"), Mailbox.Parse("a@X.test")] };
    private static readonly OpenedMessage Read = new() { Content = default, Signature = SignatureFacts.None, Encryption = EncryptionState.None };

    [Fact]
    public void Members_come_each_once_in_order_copy_after_copy()
    {
        Assert.Equal("a@x.test b@x.test", Next("", 2));
        Assert.Equal("c@x.test", Next("b@x.test", 2));
        Assert.Equal("", Next("c@x.test", 2));
        // Somebody who left the list in between: those behind him are next.
        Assert.Equal("c@x.test", Next("bb@x.test", 2));

        static string Next(string after, int most) => string.Join(" ", ListPolicy.Next(List, [], after, most).Select(m => m.Text));
    }

    [Fact]
    public void A_turn_is_as_long_as_one_copy_serves()
    {
        var many = List with { Members = [.. Enumerable.Range(0, 2_100).Select(i => Mailbox.Parse($"m{i:0000}@x.test"))] };
        Assert.Equal((ListPolicy.MembersOfOneForAll, false), Turn(many, ExpansionProgress.None));
        Assert.Equal((MailingList.MembersPerCopy, false), Turn(many with { Encrypt = new DepartureEncryption { Certificates = [] } }, ExpansionProgress.None));
        var progress = ExpansionProgress.None with { After = ExpansionProgress.None.After.Add(3, "m1999@x.test") };
        Assert.Equal((100, true), Turn(many, progress));
        Assert.Equal((1, true), Turn(many, ExpansionProgress.None with { Only = ["m0700@x.test", "left@x.test"] }));

        static (int, bool) Turn(MailingList list, ExpansionProgress progress) => ListPolicy.Turn(list, [], progress, 3) is var turn ? (turn.Members.Length, turn.IsLast) : default;
    }

    [Fact]
    public void Every_member_but_the_exempted_is_served_once_whatever_the_size_of_a_copy()
    {
        var random = new Random(20261129);
        for (var round = 0; round < 200; round++)
        {
            var list = List with { Members = [.. Enumerable.Range(0, random.Next(1, 60)).Select(i => Mailbox.Parse($"m{random.Next(100)}@x.test"))] };
            var exempted = list.Members.Where(_ => random.Next(4) is 0).ToImmutableArray();
            var served = new List<Mailbox>();
            for (var after = ""; ListPolicy.Next(list, exempted, after, 1 + random.Next(7)) is { IsEmpty: false } next; after = next[^1].Text) served.AddRange(next);
            Assert.Equal(list.Members.Except(exempted), served);
        }
    }

    public static TheoryData<string, string?> Cases => new()
    {
        { "report", "a report is not distributed" }, { "loop", "a loop" }, { "unreadable", "bad field" }, { "bad", "not to be believed" }, { "others", "not for the list" },
        { "closed", "does not open" }, { "opened", "does not encrypt" }, { "fault", "malformed" }, { "instruction", "NO DISTRIBUTION" }, { "forwarded", "does not name the list" },
        { "named", null }, { "through another list", null }, { "outer From", "the outer From is not" }, { "hidden", "hides subject" }, { "hidden and hidden again", null }, { "label", "bad label" }, { "nothing", null },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_may_not_be_distributed_is_held(string name, string? reason)
    {
        var subject = name switch
        {
            "report" => new ListSubject { IsReport = true },
            "loop" => new ListSubject { Before = ["other@hq.test", "Watch@hq.test"] },
            "unreadable" => new ListSubject { Unreadable = "bad field" },
            "bad" => new ListSubject { Opened = Read with { Signature = new SignatureFacts(SignatureState.Bad, "DIGEST-MISMATCH", SignerRole.None, []) } },
            "others" => new ListSubject { Opened = Read with { Encryption = EncryptionState.ForOthers } },
            "closed" => new ListSubject { Opened = Read with { Encryption = EncryptionState.Closed } },
            "opened" => new ListSubject { Opened = Read with { Encryption = EncryptionState.Opened } },
            "fault" => new ListSubject { Opened = Read with { Fault = "malformed" } },
            "instruction" => new ListSubject { Instructions = ["no distribution"] },
            "forwarded" => new ListSubject { Opened = Read with { ProtectedRecipients = ["ops@x.test"] } },
            "named" => new ListSubject { Opened = Read with { ProtectedRecipients = ["ops@x.test", "WATCH@hq.test"] } },
            "through another list" => new ListSubject { Opened = Read with { ProtectedRecipients = ["all@hq.test"], Lists = ["all@hq.test"] } },
            "outer From" => new ListSubject { Opened = Read with { Differences = [new HeaderDifference("From", DifferenceWeight.Blocking)] } },
            "hidden" or "hidden and hidden again" => new ListSubject { Opened = Read with { Encryption = EncryptionState.Opened }, Hidden = ["subject"] },
            "label" => new ListSubject { Opened = Read with { Encryption = EncryptionState.Opened }, LabelFault = "bad label" },
            _ => new ListSubject(),
        };
        var encrypting = List with { Encrypt = new DepartureEncryption { Certificates = [], HeaderPolicy = name is "hidden and hidden again" ? "baseline" : "none" } };
        var decision = ListPolicy.Judge(name is "hidden" or "hidden and hidden again" or "label" ? encrypting : List, subject);
        if (reason is null) Assert.IsType<ListDecision.Distribute>(decision);
        else Assert.Contains(reason, Assert.IsType<ListDecision.Hold>(decision).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a@x.test", true, ListProof.Required, true)]
    [InlineData("a@x.test", false, ListProof.Required, false)]
    [InlineData("a@x.test", false, ListProof.None, true)]
    [InlineData("z@x.test", true, ListProof.None, false)]
    [InlineData("", true, ListProof.None, false)]
    [InlineData("a@x.test z@x.test", true, ListProof.Required, false)]
    public void Only_those_who_may_write_and_are_known_write(string authors, bool vouched, ListProof proof, bool goes)
    {
        Assert.True(MailboxSet.TryRead(["a@x.test"], out var posters, out _));
        var subject = new ListSubject { Authors = [.. authors.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Mailbox.Parse)], IsVouchedFor = vouched };
        Assert.Equal(goes, ListPolicy.Judge(List with { Posters = posters, Proof = proof }, subject) is ListDecision.Distribute);
    }
}
