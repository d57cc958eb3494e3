using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Labelling;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Markings;
using MilSwitch.Switching.Labelling;
using static MilSwitch.Switching.Tests.LabelStage;

namespace MilSwitch.Switching.Tests;

/// <summary>What becomes of a message on its way in because of its label.</summary>
public sealed class ListenerLabellingTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly ReversePath From = new(Mailbox.Parse("a@src.test"));
    private static readonly SecurityLabel Secret = Label(Alfa, "SECRET");
    private static readonly SecurityLabel Restricted = Label(Alfa, "RESTRICTED");

    [Fact]
    public void Takes_the_label_of_the_field_and_leaves_the_octets()
    {
        var decision = Decide(Listener(), Message(Secret));

        Assert.Equal((null, null), (decision.Refusal, decision.HeldBecause));
        Assert.Equal(Stored(Secret), decision.Label);
        Assert.Null(decision.Changed);
        Assert.Equal($"sio-label: ALFA SECRET ({LabelAuthority.Named(Alfa)})", Assert.Single(decision.Findings));
    }

    [Fact]
    public void Takes_a_believed_label_before_the_field_when_both_agree()
    {
        var decision = Decide(Listener(), Message(Secret), Signed(Secret));
        Assert.Equal(Stored(Secret), decision.Label);
        Assert.StartsWith("ess, sio-label: ", decision.Findings[0], StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Threat", "C11")]
    public void Holds_labels_that_disagree_under_the_highest_of_them()
    {
        var decision = Decide(Listener(), Message(Restricted), Signed(Secret));
        Assert.Null(decision.Refusal);
        Assert.Equal("ess and sio-label differ in the classification", decision.HeldBecause);
        Assert.Equal(Stored(Secret), decision.Label);
    }

    [Fact]
    public void Refuses_labels_that_disagree_where_the_settings_say_so() =>
        Assert.Equal(Refusal.LabelRefused, Decide(Listener(s => s with { Disagreeing = LabelFaultAction.Refuse }), Message(Restricted), Signed(Secret)).Refusal);

    [Theory]
    [Trait("Threat", "C11")]
    [InlineData("ALFA SECRET", true)]
    [InlineData("  ALFA   SECRET ", true)]
    [InlineData("** ALFA SECRET **", true)]
    [InlineData("COALITION SECRET", true)]
    [InlineData("ALFA RESTRICTED", false)]
    [InlineData("ALFA SECRET RELEASABLE TO BRAVO", false)]
    [InlineData("for all to see", false)]
    public void A_field_with_a_marking_only_is_held_against_the_label(string marking, bool agrees)
    {
        var decision = Decide(Listener(), $"SIO-Label: marking=\"{marking}\"\r\nSubject: s\r\n\r\n", Signed(Secret));
        Assert.Equal(agrees ? null : "ess and sio-label differ in the marking", decision.HeldBecause);
        Assert.Equal(Stored(Secret), decision.Label);
    }

    [Fact]
    [Trait("Threat", "C11")]
    public void A_field_shows_the_label_that_it_holds()
    {
        Assert.Null(Decide(Listener(), $"SIO-Label: {SioLabel.Of(Secret, "ALFA SECRET").Format()}\r\n\r\n").HeldBecause);
        Assert.Equal("sio-label and sio-label differ in the marking", Decide(Listener(), $"SIO-Label: {SioLabel.Of(Secret, "ALFA RESTRICTED").Format()}\r\n\r\n").HeldBecause);
    }

    [Fact]
    [Trait("Feature", "H-07")]
    public void Takes_the_label_of_a_binding_to_the_message_where_that_is_looked_for()
    {
        var listener = Listener(s => s with { Sources = [LabelSource.Ess, LabelSource.SioLabel, LabelSource.Binding] });
        foreach (var uri in new[] { "", "mid:1@src.test" })
        {
            var decision = Decide(listener, Bound(Secret, uri));
            Assert.Equal((null, Stored(Secret)), (decision.HeldBecause, decision.Label));
            Assert.StartsWith("binding: ALFA SECRET", decision.Findings[^1], StringComparison.Ordinal);
        }

        Assert.Null(Decide(Listener(), Bound(Secret, "")).Label);
        Assert.Null(Decide(listener, Bound(Secret, "mid:2@src.test")).Label);
        Assert.Equal("it has a label that nobody who is believed has signed", Decide(Listener(s => s with { Sources = [LabelSource.Ess, LabelSource.Binding], SignedOnly = true }), Bound(Secret, "")).HeldBecause);
    }

    [Fact]
    [Trait("Threat", "C11")]
    public void A_binding_that_says_something_else_is_a_contradiction()
    {
        var listener = Listener(s => s with { Sources = [LabelSource.Ess, LabelSource.Binding], Disagreeing = LabelFaultAction.Refuse });
        Assert.Equal(Refusal.LabelRefused, Decide(listener, Bound(Restricted, ""), Signed(Secret)).Refusal);
        Assert.Null(Decide(listener, Bound(Secret, ""), Signed(Secret)).Refusal);
        // What belongs to a part may be less, and not more.
        Assert.Null(Decide(listener, Bound(Restricted, "cid:p@src.test"), Signed(Secret)).Refusal);
        var above = Decide(Listener(s => s with { Sources = [LabelSource.Ess, LabelSource.Binding] }), Bound(Secret, "cid:p@src.test"), Signed(Restricted));
        Assert.Equal("binding: a part of it has a label that the label of the whole does not cover", above.HeldBecause);
        Assert.Equal("binding: a part of it has a label, and the whole has none", Decide(Listener(s => s with { Sources = [LabelSource.Binding], Default = Restricted }), Bound(Secret, "cid:p@src.test")).HeldBecause);
    }

    [Theory]
    [InlineData("<MetadataBindingContainer>", "<x xmlns='urn:x'/><MetadataBindingContainer>", "binding: has a signature or a part of its own that is not checked, and binds nothing")]
    [InlineData("<Classification>SECRET", "<Classification>SECRETLY", "binding: the policy has no classification of this name")]
    [InlineData("<MetadataBindingContainer>", "<MetadataBindingContainer><MetadataBinding/>", "binding: ")]
    public void Holds_a_binding_that_is_none(string good, string bad, string reason)
    {
        var text = Bound(Secret, "");
        Assert.Contains(good, text, StringComparison.Ordinal);
        Assert.StartsWith(reason, Decide(Listener(s => s with { Sources = [LabelSource.Binding] }), text.Replace(good, bad, StringComparison.Ordinal)).HeldBecause, StringComparison.Ordinal);
    }

    [Fact]
    public void Takes_an_equivalent_of_another_policy_for_agreement()
    {
        var decision = Decide(Listener(), Message(Label(Coalition, "SECRET")), Signed(Secret));
        Assert.Null(decision.HeldBecause);
        Assert.Equal(Stored(Secret), decision.Label);
    }

    [Fact]
    [Trait("Threat", "C11")]
    public void Two_believed_labels_that_differ_are_a_contradiction() =>
        Assert.Contains("ess", Decide(Listener(), "Subject: s\r\n\r\n\r\n", Signed(Secret), Signed(Restricted)).HeldBecause, StringComparison.Ordinal);

    [Fact]
    [Trait("Threat", "C11")]
    public void A_label_that_nobody_who_is_believed_signed_does_not_count_where_that_is_required()
    {
        var listener = Listener(s => s with { SignedOnly = true, Unlabelled = LabelFaultAction.Hold });
        const string reason = "it has a label that nobody who is believed has signed";
        Assert.Equal(reason, Decide(listener, Message(Secret), Signed(Secret, isBelieved: false)).HeldBecause);
        Assert.Equal(reason, Decide(listener, "Subject: s\r\n\r\n", Signed(Secret, isBelieved: false)).HeldBecause);
        Assert.Equal("it has no label", Decide(listener, "Subject: s\r\n\r\n").HeldBecause);
        Assert.Equal(Stored(Secret), Decide(listener, Message(Secret), Signed(Secret)).Label);
    }

    [Fact]
    [Trait("Threat", "M3")]
    public void Removes_a_field_and_its_history_that_the_listener_does_not_take()
    {
        var text = "SIO-Label-History: marking=x; change=delete; changed-by=a; changed-at=\"18 Feb 2013 9:24 PDT\"\r\n" + Message(Secret, "kept");
        var decision = Decide(Listener(s => s with { Sources = [LabelSource.Ess] }), text);
        Assert.Equal("Subject: s\r\n\r\nkept\r\n", Encoding.UTF8.GetString(decision.Changed!.Value.Span));
        Assert.Null(decision.Label);
    }

    [Theory]
    [InlineData("SIO-Label: type=\":ess\"; label=\"!!!!\"\r\n")]
    [InlineData("SIO-Label: type=\":ess\"; label=\"MAA=\"\r\n")]
    [InlineData("SIO-Label: type=\":xml\"; label=\"PCFET0NUWVBFIGE+PGEvPg==\"\r\n")]
    [InlineData("SIO-Label: type=\"urn:x\"; label=\"MAA=\"\r\n")]
    [InlineData("SIO-Label: marking=\"A\"\r\nSIO-Label: marking=\"A\"\r\n")]
    public void Holds_what_is_no_label(string field)
    {
        var decision = Decide(Listener(), field + "\r\n");
        Assert.StartsWith("sio-label: ", decision.HeldBecause, StringComparison.Ordinal);
        Assert.Equal(Refusal.LabelRefused, Decide(Listener(s => s with { Invalid = LabelFaultAction.Refuse }), field + "\r\n").Refusal);
    }

    [Fact]
    public void Holds_a_label_of_an_unknown_policy_and_one_that_does_not_hold()
    {
        Assert.Contains("1.2.3", Decide(Listener(), Message(new SecurityLabel { Policy = "1.2.3", Classification = 1 })).HeldBecause, StringComparison.Ordinal);
        var without = Decide(Listener(), Message(Label(Alfa, "TOP SECRET"))).HeldBecause;
        Assert.Contains($"does not hold under {LabelAuthority.Named(Alfa)}", without, StringComparison.Ordinal);
        Assert.Contains("GRANITE", without, StringComparison.Ordinal);
    }

    [Fact]
    public void Takes_an_equivalent_label_of_a_believed_signer_where_its_own_is_unknown()
    {
        var foreign = new FoundLabel(EssLabel.Encode(new SecurityLabel { Policy = "1.2.3", Classification = 1 }), true, [EssLabel.Encode(Secret)]);
        Assert.Equal(Stored(Secret), Decide(Listener(), "Subject: s\r\n\r\n", foreign).Label);
        Assert.NotNull(Decide(Listener(), "Subject: s\r\n\r\n", foreign with { IsBelieved = false }).HeldBecause);
    }

    [Fact]
    public void Accepts_holds_or_refuses_the_unlabelled()
    {
        const string plain = "Subject: s\r\n\r\ntext\r\n";
        Assert.Equal((null, null), (Decide(Listener(), plain).Refusal, Decide(Listener(), plain).HeldBecause));
        Assert.Equal("it has no label", Decide(Listener(s => s with { Unlabelled = LabelFaultAction.Hold }), plain).HeldBecause);
        Assert.Equal(Refusal.LabelRefused, Decide(Listener(s => s with { Unlabelled = LabelFaultAction.Refuse }), plain).Refusal);
    }

    [Fact]
    public void Gives_the_default_with_its_history()
    {
        var decision = Decide(Listener(s => s with { Default = Restricted }), "Subject: s\r\n\r\ntext\r\n");
        var text = Encoding.UTF8.GetString(decision.Changed!.Value.Span);
        Assert.Equal(Stored(Restricted), decision.Label);
        Assert.Equal(Restricted, LabelOf(text));
        Assert.EndsWith("Subject: s\r\n\r\ntext\r\n", text, StringComparison.Ordinal);
        var history = SioLabelHistory.Parse(Mime.LabelFields.Find(Mime.HeaderBlock.Scan(Octets(text), 9999, 99)).History[0]);
        Assert.Equal((SioLabelChange.Add, "switch.test", Now), (history.Change, history.ChangedBy, history.ChangedAt));
    }

    [Fact]
    [Trait("Threat", "C11")]
    public void Never_puts_a_default_in_the_place_of_something_that_claims_to_be_a_label()
    {
        var unsigned = Decide(Listener(s => s with { SignedOnly = true, Default = Restricted }), Message(Secret));
        Assert.Equal(("it has a label that nobody who is believed has signed", Stored(Secret)), (unsigned.HeldBecause, unsigned.Label));
        Assert.Null(unsigned.Changed);
        const string marked = "SIO-Label: marking=\"ALFA SECRET\"\r\nSubject: s\r\n\r\n";
        Assert.Contains("marking only", Decide(Listener(s => s with { Default = Restricted }), marked).HeldBecause, StringComparison.Ordinal);
        Assert.Null(Decide(Listener(), marked).HeldBecause);
    }

    [Fact]
    public void Refuses_any_label_where_none_may_come_from() =>
        Assert.Equal(Refusal.LabelRefused, Decide(Listener(s => s with { Labelled = LabelFaultAction.Refuse }), Message(Secret)).Refusal);

    [Fact]
    public void Refuses_what_is_above_the_listener_or_the_originator()
    {
        var above = Decide(Listener(s => s with { Clearance = UpTo(Alfa, "RESTRICTED") }), Message(Secret));
        Assert.Equal(Refusal.LabelRefused, above.Refusal);
        Assert.Contains("needs SECRET", above.Findings[^1], StringComparison.Ordinal);

        var authority = new LabelAuthority(Policies, new AddressClearances([("src.test", UpTo(Alfa, "RESTRICTED"))]));
        Assert.Equal(Refusal.LabelRefused, Decide(Listener(authority: authority), Message(Secret)).Refusal);
        Assert.Null(Decide(Listener(authority: authority), Message(Restricted)).Refusal);
    }

    [Fact]
    public void Judges_a_label_by_a_clearance_of_another_policy()
    {
        var listener = Listener(s => s with { Clearance = UpTo(Coalition, "CONFIDENTIAL") });
        Assert.Null(Decide(listener, Message(Restricted)).Refusal);
        Assert.Equal(Refusal.LabelRefused, Decide(listener, Message(Secret)).Refusal);
        // Nobody can say what it would be there.
        Assert.Equal(Refusal.LabelRefused, Decide(listener, Message(Label(Alfa, "CONFIDENTIAL", ("Compartments", "LAGOON")))).Refusal);
    }

    [Fact]
    public void Reads_first_lines_last_lines_and_subjects_by_the_policy()
    {
        var label = Label(Alfa, "SECRET", ("Codewords", "GRANITE"));
        foreach (var (source, place) in new[] { (LabelSource.FirstLine, MarkingPlace.FirstLine), (LabelSource.LastLine, MarkingPlace.LastLine), (LabelSource.Subject, MarkingPlace.Subject) })
        {
            var marking = MarkingText.Generate(label, Alfa, place);
            var text = source switch
            {
                LabelSource.FirstLine => $"Subject: s\r\n\r\n{marking}\r\n\r\ntext\r\n",
                LabelSource.LastLine => $"Subject: s\r\n\r\ntext\r\n\r\n{marking}\r\n",
                _ => $"Subject: {MarkedSubject.With("s", marking)}\r\n\r\ntext\r\n",
            };
            var listener = Listener(s => s with { Sources = [LabelSource.SioLabel, source] });
            Assert.Equal(Stored(label), Decide(listener, text).Label);
            Assert.NotNull(Decide(listener, $"SIO-Label: {SioLabel.Of(Restricted).Format()}\r\n" + text).HeldBecause);
            Assert.Null(Decide(listener, $"SIO-Label: {SioLabel.Of(label).Format()}\r\n" + text).HeldBecause);
        }
    }

    [Fact]
    [Trait("Feature", "H-05")]
    public void Reads_the_marking_of_a_chosen_field()
    {
        var listener = Listener(s => s with { Sources = [LabelSource.Ess, LabelSource.SioLabel, LabelSource.XHeader], MarkingField = "X-Classification" });
        var marking = $"X-Classification: {MarkingText.Generate(Secret, Alfa, MarkingPlace.XHeader)}\r\n";
        const string Rest = "Subject: s\r\n\r\ntext\r\n";
        var decision = Decide(listener, marking + Rest);
        Assert.Equal((null, Stored(Secret)), (decision.HeldBecause, decision.Label));
        Assert.StartsWith("x-header: ALFA SECRET", decision.Findings[^1], StringComparison.Ordinal);
        Assert.Null(Decide(listener, marking + Rest, Signed(Secret)).HeldBecause);
        Assert.Equal("ess and x-header differ in the classification", Decide(listener, marking + Rest, Signed(Restricted)).HeldBecause);
        Assert.Equal("sio-label and x-header differ in the classification", Decide(listener, marking + Message(Restricted)).HeldBecause);
        // It is there for nothing else, so what is no marking claims to be one.
        Assert.StartsWith("x-header: ", Decide(listener, "X-Classification: ALFA SECRETLY\r\n" + Rest).HeldBecause, StringComparison.Ordinal);
        Assert.StartsWith("x-header: ", Decide(listener, "X-Classification:\r\n" + Rest).HeldBecause, StringComparison.Ordinal);
        Assert.Equal("x-header: stands more than once", Decide(listener, marking + marking + Rest).HeldBecause);
        Assert.Null(Decide(listener, "X-Other: ALFA SECRET\r\n" + Rest).Label);
        Assert.Null(Decide(Listener(), marking + Rest).Label);
    }

    [Theory]
    [Trait("Feature", "H-19")]
    [InlineData("Content-Type: message/rfc822")]
    [InlineData("Content-Type: text/rfc822-headers")]
    public void A_forward_or_a_report_gets_the_high_water_mark_of_what_is_in_it(string type)
    {
        var decision = Decide(Listener(), Forward(null, type, Restricted, Secret));
        Assert.Equal((null, Stored(Secret)), (decision.HeldBecause, decision.Label));
        Assert.Equal(Secret, LabelOf(Encoding.UTF8.GetString(decision.Changed!.Value.Span)));
        Assert.Contains("no label: it gets that of the messages in it", decision.Findings);
        Assert.Equal(Stored(Secret), Decide(Listener(s => s with { Default = Restricted }), Forward(null, type, Secret)).Label);
        Assert.Equal(Stored(Secret), Decide(Listener(s => s with { Default = Secret }), Forward(null, type, Restricted)).Label);
        // Where a label is required the originator has to say so himself; until somebody acts it counts as what is in it.
        var held = Decide(Listener(s => s with { Unlabelled = LabelFaultAction.Hold }), Forward(null, type, Secret));
        Assert.Equal(("it has no label", Stored(Secret)), (held.HeldBecause, held.Label));
        // And what it gets is judged like any other label.
        Assert.Equal(Refusal.LabelRefused, Decide(Listener(s => s with { Clearance = UpTo(Alfa, "RESTRICTED") }), Forward(null, type, Secret)).Refusal);
        Assert.Equal(Refusal.LabelRefused, Decide(Listener(s => s with { Clearance = UpTo(Alfa, "RESTRICTED"), Default = Restricted }), Forward(null, type, Secret)).Refusal);
        Assert.Equal(Refusal.LabelRefused, Decide(Listener(s => s with { Labelled = LabelFaultAction.Refuse }), Forward(null, type, Secret)).Refusal);
    }

    [Fact]
    [Trait("Feature", "H-19")]
    [Trait("Threat", "C11")]
    public void A_forward_with_less_of_a_label_than_what_is_in_it_contradicts_itself()
    {
        const string Why = "a message in it has a label that the label of the whole does not cover";
        var below = Decide(Listener(), Forward(Restricted, "Content-Type: message/rfc822", Secret));
        Assert.Equal((Why, Stored(Secret)), (below.HeldBecause, below.Label));
        var signed = Decide(Listener(), Forward(null, "Content-Type: message/rfc822", Secret), Signed(Restricted));
        Assert.Equal((Why, Stored(Secret)), (signed.HeldBecause, signed.Label));
        Assert.Null(Decide(Listener(), Forward(Secret, "Content-Type: message/rfc822", Restricted, Secret)).HeldBecause);
        Assert.Null(Decide(Listener(), Forward(Secret, "Content-Type: message/rfc822", Label(Coalition, "RESTRICTED"))).HeldBecause);
        Assert.Equal("it has a label that nobody who is believed has signed", Decide(Listener(s => s with { SignedOnly = true }), Forward(Secret, "Content-Type: message/rfc822", Restricted)).HeldBecause);
        Assert.Equal("a message in it has a label, and the whole has none that is signed", Decide(Listener(s => s with { SignedOnly = true }), Forward(null, "Content-Type: message/rfc822", Restricted)).HeldBecause);
        // Nobody can say what these ask for.
        Assert.Equal("messages in it have labels that no label covers", Decide(Listener(), Forward(null, "Content-Type: message/rfc822", new SecurityLabel { Policy = "1.2.3", Classification = 1 })).HeldBecause);
        Assert.StartsWith("a message in it: sio-label: ", Decide(Listener(), "Content-Type: message/rfc822\r\n\r\nSIO-Label: nonsense\r\nSubject: s\r\n\r\n").HeldBecause, StringComparison.Ordinal);
        var many = "Content-Type: multipart/digest; boundary=b\r\n\r\n" + string.Concat(Enumerable.Repeat("--b\r\n\r\nSubject: s\r\n\r\n\r\n", 201)) + "--b--\r\n";
        Assert.Equal("it has more messages in it, or deeper ones, than are looked into", Decide(Listener(), many).HeldBecause);
        // A listener that takes no such field reads none in there.
        Assert.Null(Decide(Listener(s => s with { Sources = [LabelSource.Ess] }), Forward(null, "Content-Type: message/rfc822", Secret)).Label);
    }

    [Fact]
    [Trait("Feature", "H-19")]
    public void Markings_in_a_forwarded_message_count_too()
    {
        var listener = Listener(s => s with { Sources = [LabelSource.SioLabel, LabelSource.FirstLine, LabelSource.Subject] });
        var marked = $"Subject: s\r\n\r\n{MarkingText.Generate(Secret, Alfa, MarkingPlace.FirstLine)}\r\n\r\ntext\r\n";
        Assert.Equal(Stored(Secret), Decide(listener, $"Content-Type: message/rfc822\r\n\r\n{marked}").Label);
        Assert.NotNull(Decide(listener, $"SIO-Label: {SioLabel.Of(Restricted).Format()}\r\nContent-Type: message/rfc822\r\n\r\n{marked}").HeldBecause);
        Assert.Null(Decide(Listener(), $"Content-Type: message/rfc822\r\n\r\n{marked}").Label);
    }

    [Fact]
    public void A_first_line_that_is_no_marking_is_no_label() =>
        Assert.Null(Decide(Listener(s => s with { Sources = [LabelSource.FirstLine] }), "Subject: s\r\n\r\nGood morning,\r\n").Label);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Decides_about_any_octets(int seed)
    {
        var random = new Random(seed);
        var label = Label(Alfa, "SECRET", ("Codewords", "GRANITE"));
        byte[][] samples =
        [
            Octets(Message(label)).ToArray(),
            Octets($"SIO-Label: {new SioLabel(null, SioLabel.Xml, Stanag4774.Write(new Stanag4774Label { Label = label }, Policies)).Format()}\r\n\r\n").ToArray(),
            Octets(Forward(Restricted, "Content-Type: message/rfc822", label, Secret)).ToArray(),
            Octets("X-Mark: ALFA SECRET\r\n" + Forward(null, "Content-Type: text/rfc822-headers", Restricted)).ToArray(),
            Octets($"SIO-Label: {new SioLabel(null, SioLabel.X411, X411Label.Encode(label)).Format()}\r\nSubject: s ([ALFA S])\r\n\r\n** ALFA SECRET **\r\n\r\ntext\r\n").ToArray(),
        ];
        var listener = Listener(s => s with
        {
            Sources = [LabelSource.Ess, LabelSource.SioLabel, LabelSource.FirstLine, LabelSource.LastLine, LabelSource.Subject, LabelSource.XHeader], MarkingField = "X-Mark", Clearance = UpTo(Coalition, "SECRET"), Default = Restricted,
        });
        var link = Link(s => s with { Policy = Coalition, Clearance = UpTo(Coalition, "SECRET"), Writes = [LabelSource.SioLabel, LabelSource.FirstLine, LabelSource.LastLine, LabelSource.Subject, LabelSource.XHeader], MarkingField = "X-Mark" });
        for (var i = 0; i < 3_000; i++)
        {
            var message = Mutated(samples[random.Next(samples.Length)]);
            var signed = new FoundLabel(Mutated(EssLabel.Encode(label)), random.Next(2) is 0, [Mutated(EssLabel.Encode(Secret))]);
            var decision = listener.Decide(message, random.Next(2) is 0 ? [] : [signed], From, Now);
            Assert.NotEmpty(decision.Findings);
            if (link.Judge(decision.Label, From.Mailbox!).Goes) Assert.False(link.Write(decision.Changed ?? message, decision.Label, Now).Content.IsEmpty);
        }

        byte[] Mutated(byte[] octets)
        {
            octets = [.. octets];
            for (var n = random.Next(4); n > 0; n--) octets[random.Next(octets.Length)] = (byte)random.Next(256);
            return random.Next(8) is 0 ? octets[..random.Next(1, octets.Length)] : octets;
        }
    }

    private static ArrivalLabelDecision Decide(ListenerLabelling listener, string message, params FoundLabel[] signed) =>
        listener.Decide(Octets(message), [.. signed], From, Now);

    private static string Forward(SecurityLabel? whole, string type, params SecurityLabel[] inside) =>
        (whole is null ? "" : $"SIO-Label: {SioLabel.Of(whole).Format()}\r\n") + "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee below.\r\n"
        + string.Concat(inside.Select(l => $"--b\r\n{type}\r\n\r\n{Message(l)}\r\n")) + "--b--\r\n";

    private static string Bound(SecurityLabel label, string uri)
    {
        var binding = Stanag4778.Write(
            new Stanag4778Binding
            {
                Bindings = [new MetadataBinding(null, 0, [new BoundMetadata { Label = new Stanag4774Label { Label = label } }], [new BoundData { Uri = uri }])],
            },
            Policies);
        return "Message-ID: <1@src.test>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\nContent-Type: application/xml\r\n\r\n"
            + Encoding.UTF8.GetString(binding) + "\r\n--b--\r\n";
    }
}
