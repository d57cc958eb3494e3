using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Labelling;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Markings;
using MilSwitch.Switching.Labelling;
using static MilSwitch.Switching.Tests.LabelStage;

namespace MilSwitch.Switching.Tests;

/// <summary>Whether a label may go over a link to a recipient, and how it is written there.</summary>
public sealed class LinkLabellingTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly Mailbox Recipient = Mailbox.Parse("b@dest.test");
    private static readonly SecurityLabel Secret = Label(Alfa, "SECRET");
    private static readonly SecurityLabel Restricted = Label(Alfa, "RESTRICTED");

    [Fact]
    public void Lets_go_what_the_link_is_cleared_for_and_explains_what_not()
    {
        var link = Link(s => s with { Clearance = UpTo(Alfa, "RESTRICTED") });
        Assert.Equal(LabelVerdict.Go, link.Judge(Stored(Restricted), Recipient));
        var denied = link.Judge(Stored(Secret), Recipient);
        Assert.Equal(LabelOutcome.Hold, denied.Outcome);
        Assert.Equal($"the link is not cleared for it under {LabelAuthority.Named(Alfa)}: classification: needs SECRET; the clearance has RESTRICTED and all below", denied.Reason);
        Assert.Equal(LabelOutcome.Return, Link(s => s with { Clearance = UpTo(Alfa, "RESTRICTED"), Denied = LabelOutcome.Return }).Judge(Stored(Secret), Recipient).Outcome);
    }

    [Fact]
    public void Names_the_category_that_is_missing()
    {
        var reason = Link(s => s with { Clearance = UpTo(Alfa, "SECRET") }).Judge(Stored(Label(Alfa, "SECRET", ("Codewords", "GRANITE"))), Recipient).Reason;
        Assert.Contains("restrictive tag 'Codewords': needs GRANITE", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Requires_a_label_where_the_settings_do()
    {
        Assert.Equal(LabelOutcome.Hold, Link().Judge(null, Recipient).Outcome);
        Assert.Equal(LabelOutcome.Return, Link(s => s with { Unlabelled = LabelOutcome.Return }).Judge(null, Recipient).Outcome);
        Assert.True(Link(s => s with { Unlabelled = LabelOutcome.Go }).Judge(null, Recipient).Goes);
    }

    [Fact]
    public void Asks_what_the_recipient_is_cleared_for_whichever_link_leads_there()
    {
        var authority = new LabelAuthority(Policies, new AddressClearances([("b@dest.test", UpTo(Alfa, "RESTRICTED")), ("dest.test", UpTo(Alfa, "SECRET"))]));
        var link = Link(s => s with { Unlabelled = LabelOutcome.Go }, authority);
        Assert.False(link.Judge(Stored(Secret), Recipient).Goes);
        Assert.True(link.Judge(Stored(Secret), Mailbox.Parse("c@dest.test")).Goes);
        Assert.False(link.Judge(null, Recipient).Goes);
        Assert.True(link.Judge(null, Mailbox.Parse("c@elsewhere.test")).Goes);
    }

    [Fact]
    public void Denies_unknown_policies_damaged_labels_and_what_has_no_equivalent()
    {
        Assert.False(Link().Judge(Stored(new SecurityLabel { Policy = "1.2.3", Classification = 1 }), Recipient).Goes);
        Assert.False(Link().Judge(new MessageLabel(new byte[] { 1, 2, 3 }), Recipient).Goes);
        var link = Link(s => s with { Policy = Coalition });
        Assert.True(link.Judge(Stored(Secret), Recipient).Goes);
        Assert.Contains("LAGOON", link.Judge(Stored(Label(Alfa, "CONFIDENTIAL", ("Compartments", "LAGOON"))), Recipient).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Writes_the_translated_label_with_its_history_and_gives_the_original_to_the_signature()
    {
        var link = Link(s => s with { Policy = Coalition, Writes = [LabelSource.SioLabel] });
        var message = "Received: x\r\n" + Message(Secret, "kept");
        var written = link.Write(Octets(message), Stored(Secret), Now);

        var text = Encoding.UTF8.GetString(written.Content.Span);
        var expected = Label(Coalition, "SECRET");
        Assert.Equal(expected, LabelOf(text));
        Assert.Equal(expected, EssLabel.Read(written.Label!.Value));
        Assert.Equal(Secret, EssLabel.Read(Assert.Single(written.Equivalents)));
        Assert.EndsWith("Subject: s\r\n\r\nkept\r\n", text, StringComparison.Ordinal);
        var history = SioLabelHistory.Parse(Assert.Single(Mime.LabelFields.Find(Mime.HeaderBlock.Scan(written.Content, 9999, 99)).History));
        Assert.Equal((SioLabelChange.Replace, Secret, expected), (history.Change, history.Before!.Decode(Policies), history.After!.Decode(Policies)));
        Assert.Equal([$"translated to {LabelAuthority.Named(Coalition)} from {LabelAuthority.Named(Alfa)}", "sio-label: replaced"], written.Findings.AsEnumerable());
    }

    [Fact]
    public void Changes_no_octet_of_a_message_that_says_it_already()
    {
        var octets = Octets(Message(Secret));
        var written = Link(s => s with { Writes = [LabelSource.SioLabel] }).Write(octets, Stored(Secret), Now);
        Assert.True(written.Content.Span == octets.Span);
        Assert.Empty(written.Findings);
        Assert.True(Link(s => s with { Writes = [LabelSource.SioLabel] }).Write(octets, null, Now).Content.Span == octets.Span);
    }

    [Fact]
    public void Marks_first_line_last_line_and_subject_once()
    {
        var link = Link(s => s with { Writes = [LabelSource.FirstLine, LabelSource.LastLine, LabelSource.Subject] });
        var once = link.Write(Octets("Subject: Grüße\r\n\r\ntext\r\n"), Stored(Secret), Now).Content;
        var text = Encoding.UTF8.GetString(once.Span);
        Assert.Contains($"\r\n\r\n{MarkingText.Generate(Secret, Alfa, MarkingPlace.FirstLine)}\r\n\r\ntext\r\n\r\n{MarkingText.Generate(Secret, Alfa, MarkingPlace.LastLine)}\r\n", text, StringComparison.Ordinal);
        Assert.Equal(MarkedSubject.With("Grüße", MarkingText.Generate(Secret, Alfa, MarkingPlace.Subject)), Mime.SubjectText.Read(once));

        Assert.Equal(text, Encoding.UTF8.GetString(link.Write(once, Stored(Secret), Now).Content.Span));
        // Another label takes the place of the first.
        var other = Encoding.UTF8.GetString(link.Write(once, Stored(Restricted), Now).Content.Span);
        Assert.DoesNotContain(MarkingText.Generate(Secret, Alfa, MarkingPlace.FirstLine), other, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Feature", "H-05")]
    public void Marks_a_chosen_field_in_the_place_of_what_was_there()
    {
        var link = Link(s => s with { Writes = [LabelSource.XHeader], MarkingField = "X-Classification" });
        var marking = MarkingText.Generate(Secret, Alfa, MarkingPlace.XHeader);
        foreach (var there in new[] { "", "X-Classification: ALFA RESTRICTED\r\n", "x-classification: a\r\nX-Classification: b\r\n" })
        {
            var once = link.Write(Octets(there + "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n"), Stored(Secret), Now);
            Assert.Equal($"X-Classification: {marking}\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n", Encoding.UTF8.GetString(once.Content.Span));
            Assert.Equal(["x-header: marked"], once.Findings.AsEnumerable());
            Assert.Empty(link.Write(once.Content, Stored(Secret), Now).Findings);
        }

        // In the link's policy, and read back by it.
        var translated = Link(s => s with { Policy = Coalition, Writes = [LabelSource.XHeader], MarkingField = "X-Classification" }).Write(Octets("\r\ntext\r\n"), Stored(Restricted), Now);
        var field = Assert.Single(Mime.MarkingField.Find(Mime.HeaderBlock.Scan(translated.Content, 9999, 99), "X-Classification"));
        Assert.Equal(EssLabel.Read(translated.Label!.Value), MarkingGrammar.For(Coalition, MarkingPlace.XHeader).Parse(field));
    }

    [Theory]
    [InlineData("Content-Type: multipart/signed; boundary=b\r\nSubject: s\r\n\r\n--b\r\n")]
    [InlineData("Content-Type: application/pkcs7-mime\r\nSubject: s\r\n\r\nMAA=\r\n")]
    public void Leaves_alone_what_a_signature_covers(string message)
    {
        var written = Link(s => s with { Writes = [LabelSource.FirstLine, LabelSource.Subject] }).Write(Octets(message), Stored(Secret), Now);
        Assert.Equal(message, Encoding.UTF8.GetString(written.Content.Span));
        Assert.Equal(2, written.Findings.Length);
    }

    [Fact]
    public void Lists_the_labels_that_may_be_used()
    {
        var authority = new LabelAuthority(Policies, new AddressClearances([("a@src.test", UpTo(Alfa, "SECRET"))]));
        var link = new Domain.Routing.LinkSettings { Name = new("l"), HeloName = "h", Labels = Link(s => s with { Clearance = UpTo(Coalition, "CONFIDENTIAL") }, authority) };
        var catalogue = new LabelCatalogueList(authority, Alfa).List(null, Mailbox.Parse("a@src.test"), [(Recipient, link)]);

        Assert.Equal(("ALFA", Alfa.Version), (catalogue.PolicyName, catalogue.PolicyVersion));
        Assert.Equal(["UNCLASSIFIED", "RESTRICTED", "CONFIDENTIAL"], catalogue.Entries.Select(e => e.Name));
        Assert.Equal(Restricted, EssLabel.Read(catalogue.Entries[1].Label!.Value));
        // No clearance has a codeword or a release, LAGOON has no equivalent, and what only informs never hinders.
        Assert.All(catalogue.Entries[2].Categories, c => Assert.Equal("informative", c.Type));
        Assert.NotEmpty(catalogue.Entries[2].Categories);
        Assert.Throws<FormatException>(() => new LabelCatalogueList(authority, null).List(null, Recipient, [(Recipient, link)]));
        Assert.Throws<FormatException>(() => new LabelCatalogueList(authority, null).List("NOBODY", Recipient, [(Recipient, link)]));
    }

    [Fact]
    [Trait("Feature", "H-18")]
    public void Lists_towards_several_recipients_what_each_of_them_may_see()
    {
        var authority = new LabelAuthority(Policies, new AddressClearances([("b@dest.test", UpTo(Alfa, "SECRET")), ("c@dest.test", UpTo(Alfa, "RESTRICTED"))]));
        var open = new Domain.Routing.LinkSettings { Name = new("l"), HeloName = "h", Labels = Link(authority: authority) };
        var narrow = open with { Name = new("n"), Labels = Link(s => s with { Clearance = UpTo(Coalition, "RESTRICTED") }, authority) };

        Assert.Contains("SECRET", Names(("b@dest.test", open)));
        Assert.Equal(["UNCLASSIFIED", "RESTRICTED"], Names(("b@dest.test", open), ("c@dest.test", open)));
        Assert.Equal(Names(("b@dest.test", narrow)), Names(("b@dest.test", open), ("b@dest.test", narrow)));
        // Nobody knows of the last one: only the link counts.
        Assert.Equal(Names(("c@dest.test", open)), Names(("c@dest.test", open), ("e@dest.test", open)));

        string[] Names(params (string Address, Domain.Routing.LinkSettings Link)[] to) =>
            [.. new LabelCatalogueList(authority, Alfa).List(null, Mailbox.Parse("a@src.test"), [.. to.Select(t => (Mailbox.Parse(t.Address), t.Link))]).Entries.Where(e => e.Label is not null).Select(e => e.Name)];
    }

    [Fact]
    public void Decides_once_for_all_of_whom_the_same_is_known()
    {
        var authority = new LabelAuthority(Policies, new AddressClearances([("dest.test", UpTo(Alfa, "RESTRICTED")), ("c@dest.test", UpTo(Alfa, "RESTRICTED"))]));
        var link = Link(authority: authority);
        var label = Stored(Secret);
        var first = link.Judge(label, Recipient);

        Assert.StartsWith("the recipient is not cleared for it", first.Reason, StringComparison.Ordinal);
        Assert.All(Enumerable.Range(0, 100), i => Assert.Same(first.Reason, link.Judge(label, Mailbox.Parse($"r{i}@dest.test")).Reason));
        Assert.NotSame(first.Reason, link.Judge(label, Mailbox.Parse("c@dest.test")).Reason);
        Assert.True(link.Judge(Stored(Restricted), Recipient).Goes);
    }

    [Fact]
    [Trait("Feature", "H-13")]
    public void Both_what_is_configured_and_what_certificates_say_have_to_permit_it()
    {
        var certified = new Certified { ["b@dest.test"] = new(UpTo(Alfa, "SECRET"), ""), ["c@dest.test"] = new(null, "it was revoked"), ["d@dest.test"] = new(UpTo(Alfa, "RESTRICTED"), "") };
        var link = Link(s => s with { Unlabelled = LabelOutcome.Go }, new LabelAuthority(Policies, new AddressClearances([("b@dest.test", UpTo(Alfa, "SECRET")), ("c@dest.test", UpTo(Alfa, "SECRET"))]), certified));

        Assert.True(link.Judge(Stored(Secret), Recipient).Goes);
        Assert.Equal("the certificate of the recipient does not clear it: it was revoked", link.Judge(Stored(Secret), Mailbox.Parse("c@dest.test")).Reason);
        Assert.Contains("by certificate", link.Judge(Stored(Secret), Mailbox.Parse("d@dest.test")).Reason, StringComparison.Ordinal);
        Assert.True(link.Judge(Stored(Secret), Mailbox.Parse("e@dest.test")).Goes);
        Assert.False(link.Judge(null, Mailbox.Parse("d@dest.test")).Goes);
        // A certificate that changes is asked anew, for a label that was judged before too.
        certified["d@dest.test"] = new(UpTo(Alfa, "SECRET"), "");
        Assert.True(link.Judge(Stored(Secret), Mailbox.Parse("d@dest.test")).Goes);
    }

    [Fact]
    public void A_category_outside_of_its_period_goes_nowhere()
    {
        var policy = Small("<tagCategory name=\"EXERCISE\" lacv=\"1\" notAfter=\"2026-06-30T00:00:00Z\"/>", "");
        var time = new Clock { Now = Now };
        var authority = new LabelAuthority(new MilSwitch.Labels.Policies.PolicySet([policy]), AddressClearances.None, time: time);
        var (link, listener) = (Link(authority: authority), Listener(authority: authority));
        var label = Label(policy, "LOW", ("WORDS", "EXERCISE"));
        var stored = Stored(label);

        Assert.True(link.Judge(stored, Recipient).Goes);
        Assert.Null(listener.Decide(Octets(Message(label)), [], ReversePath.Null, time.Now).HeldBecause);
        time.Now = Now.AddYears(1);
        Assert.Equal(LabelOutcome.Hold, link.Judge(stored, Recipient).Outcome);
        Assert.Contains("may stand in labels until 2026-06-30T00:00:00Z only", listener.Decide(Octets(Message(label)), [], ReversePath.Null, time.Now).HeldBecause, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Feature", "H-18")]
    public void Lists_what_can_be_used_with_what_its_policy_wants_beside_it()
    {
        var policy = Small(
            "<tagCategory name=\"A\" lacv=\"1\"/><tagCategory name=\"B\" lacv=\"2\"><requiredCategory operation=\"all\"><categoryGroup tagSetRef=\"WORDS\" tagType=\"restrictive\" lacv=\"1\"/></requiredCategory></tagCategory>"
            + "<tagCategory name=\"OLD\" lacv=\"3\" obsolete=\"true\"/><tagCategory name=\"C\" lacv=\"4\"><excludedCategory tagSetRef=\"WORDS\" tagType=\"restrictive\" lacv=\"1\"/></tagCategory>",
            "minSelection=\"2\"");
        var authority = new LabelAuthority(new MilSwitch.Labels.Policies.PolicySet([policy]), AddressClearances.None);
        var cleared = new Domain.Routing.LinkSettings { Name = new("l"), HeloName = "h", Labels = Link(s => s with { Clearance = UpTo(policy, "LOW") with { Categories = [new TagCategory(policy.TagSets[0].Id, TagType.Restrictive, [1, 2])] } }, authority) };
        var catalogue = new LabelCatalogueList(authority, policy).List(null, Recipient, [(Recipient, cleared)]);

        var entry = Assert.Single(catalogue.Entries);
        // Alone the classification is no label here.
        Assert.Equal(("LOW", null), (entry.Name, entry.Label));
        Assert.Equal(["A", "B"], entry.Categories.Select(c => c.Name));
    }

    private static MilSwitch.Labels.Policies.SecurityPolicy Small(string categories, string tag) => MilSwitch.Labels.Policies.SpifReader.Read(Encoding.UTF8.GetBytes($"""
        <SPIF xmlns="http://www.xmlspif.org/spif" schemaVersion="2.1" version="1" creationDate="20260101000000Z" originatorDN="CN=Test" keyIdentifier="" privilegeId="2.16.840.1.101.2.1.8.3" rbacId="2.16.840.1.101.2.1.8.3">
          <securityPolicyId name="SMALL" id="1.3.6.1.4.1.99999.4.9"/>
          <securityClassifications><securityClassification name="LOW" lacv="1" hierarchy="1"/></securityClassifications>
          <securityCategoryTagSets><securityCategoryTagSet name="WORDS" id="1.3.6.1.4.1.99999.4.9.1"><securityCategoryTag name="Words" tagType="restrictive" {tag}>{categories}</securityCategoryTag></securityCategoryTagSet></securityCategoryTagSets>
        </SPIF>
        """));

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }

    private sealed class Certified : Dictionary<string, MilSwitch.Labels.Decisions.CertifiedClearance>, ICertifiedClearances
    {
        public MilSwitch.Labels.Decisions.CertifiedClearance? Find(Mailbox address, DateTimeOffset at) => this.GetValueOrDefault(address.Text);

        public bool IsOpen(Mailbox address) => !ContainsKey(address.Text);

        public void Learn(Mailbox address, Domain.Protection.RecipientCertificateAnswer answer) => throw new InvalidOperationException("nobody asks");
    }
}
