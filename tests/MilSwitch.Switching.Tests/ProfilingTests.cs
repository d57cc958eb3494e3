using System.Collections.Immutable;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Lists;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Profiling;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Spool;
using MilSwitch.Labels.Carriers;
using MilSwitch.Switching.Labelling;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests;

/// <summary>Messages to profiling addresses, over a real store and a real socket.</summary>
[Trait("Feature", "M-01")]
public sealed class ProfilingTests
{
    private const string Text = "From: <a@origin.test>\r\nTo: profiler@hq.test\r\nSubject: the bridge\r\nMessage-ID: <1@origin.test>\r\nMMHS-Subject-Indicator-Codes: KAA\r\n\r\nhello\r\n";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly Mailbox Owner = Mailbox.Parse("chief@hq.test");
    private static readonly ProfilingAddress Address = new() { Address = Mailbox.Parse("profiler@hq.test"), Owner = Owner };

    private static readonly ProfileRule Operations = new()
    {
        Name = "operations", Codes = [Code("KAA")], Action = [Mailbox.Parse("ops@dest.test")], Information = [Mailbox.Parse("log@dest.test"), Mailbox.Parse("cos@dest.test")],
    };

    [Fact]
    public async Task Rules_make_an_action_copy_and_an_information_copy_of_it_and_the_profiler_has_it()
    {
        await using var harness = await StartAsync();
        var sent = await harness.SendAsync(
            "MMHS-Primary-Precedence: 4 (flash)\r\nMMHS-Copy-Precedence: 1 (routine)\r\n" + Text, to: ["profiler@hq.test"], notify: NotifyOptions.Success, change: e => e with { EnvelopeId = "MINE" });

        var original = await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        Assert.Equal((RecipientState.Expanded, false), (Assert.Single(original.Recipients).State, original.HasContent));
        var action = await ChildAsync(harness, sent.Id, m => m.State == MessageState.Done && m.Envelope.Recipients[0].Role is AddresseeRole.Action && !m.Envelope.ReversePath.IsNull);
        var information = await ChildAsync(harness, sent.Id, m => m.State == MessageState.Done && m.Envelope.Recipients[0].Role is AddresseeRole.Information);
        Assert.Equal((Owner, null, Precedence.Flash, Precedence.Routine), (action.Envelope.ReversePath.Mailbox, action.Envelope.EnvelopeId, action.Envelope.Precedence, information.Envelope.Precedence));
        Assert.Equal(["ops@dest.test"], action.Envelope.Recipients.Select(r => r.Address.Text));
        Assert.Equal(["log@dest.test", "cos@dest.test"], information.Envelope.Recipients.Select(r => r.Address.Text));

        var arrived = (await harness.Sink.WaitForAsync(3, Patience)).Select(t => Encoding.UTF8.GetString(t.Content.Span)).ToArray();
        Assert.Contains(arrived, t => t.Contains("Final-Recipient: rfc822;profiler@hq.test\r\nAction: delivered\r\n", StringComparison.Ordinal));
        foreach (var word in new[] { "action", "info" })
        {
            var text = Assert.Single(arrived, t => t.Contains($"X-MilSwitch-Profiled: {word}\r\n", StringComparison.Ordinal));
            Assert.Contains("X-MilSwitch-Expanded: profiler@hq.test\r\n", text, StringComparison.Ordinal);
            Assert.EndsWith("MMHS-Primary-Precedence: 4 (flash)\r\nMMHS-Copy-Precedence: 1 (routine)\r\n" + Text, text, StringComparison.Ordinal);
        }

        var audit = await harness.Spool.ReadAuditAsync(sent.Id);
        Assert.Contains(audit, a => a.Kind == AuditKind.Profiled && a.Detail == "profiler@hq.test: plan peace, version 0123: operations (sic KAA)");
        Assert.Contains(audit, a => a.Kind == AuditKind.Expanded && a.Detail.Contains($"{action.Id} to 1 for action, {information.Id} to 2 for information", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Where_the_originator_hears_it_is_told_that_others_stand_behind_the_address()
    {
        await using var harness = await StartAsync(address: Address with { Owner = null });
        var sent = await harness.SendAsync(Text, to: ["profiler@hq.test"], notify: NotifyOptions.Success | NotifyOptions.Failure, change: e => e with { EnvelopeId = "MINE" });

        var copy = await ChildAsync(harness, sent.Id, m => !m.Envelope.ReversePath.IsNull && m.State == MessageState.Done);
        Assert.Equal(("a@origin.test", "MINE", NotifyOptions.Failure), (copy.Envelope.ReversePath.Mailbox!.Text, copy.Envelope.EnvelopeId, copy.Envelope.Recipients[0].Notify));
        Assert.Contains(await harness.Sink.WaitForAsync(3, Patience), t => Encoding.UTF8.GetString(t.Content.Span).Contains("Action: expanded\r\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task When_it_was_only_informed_nobody_acts()
    {
        await using var harness = await StartAsync();
        var sent = await harness.SendAsync(Text.Replace("To: profiler@hq.test", "To: other@hq.test\r\nCc: profiler@hq.test", StringComparison.Ordinal), to: ["profiler@hq.test"]);

        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        var copy = Assert.Single(await harness.Spool.QueryAsync(new MessageQuery { Parent = sent.Id }, default));
        Assert.Equal(["ops@dest.test", "log@dest.test", "cos@dest.test"], copy.Envelope.Recipients.Select(r => r.Address.Text));
        Assert.All(copy.Envelope.Recipients, r => Assert.Equal(AddresseeRole.Information, r.Role));
    }

    [Theory]
    [Trait("Feature", "M-03")]
    [InlineData("MMHS-Message-Instructions: NO DISTRIBUTION\r\n", "unprofiled (no-distribution): MMHS-Message-Instructions: NO DISTRIBUTION")]
    [InlineData("MMHS-Exempted-Address: ops@\r\n", "unprofiled (unreadable): MMHS-Exempted-Address")]
    [InlineData("MMHS-Subject-Indicator-Codes: KAA\r\n", "unprofiled (unreadable): MMHS-Subject-Indicator-Codes is malformed or stands there twice")]
    [InlineData("X-MilSwitch-Expanded: Profiler@hq.test\r\n", "unprofiled (stopped): it went through profiler@hq.test before: a loop")]
    [InlineData("Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n", "unprofiled (encrypted): its text can't be read")]
    [InlineData("MMHS-Exempted-Address: ops@dest.test, log@dest.test, COS@dest.test\r\n", "unprofiled (nobody-left)")]
    [InlineData("", "unprofiled (no-match): no rule of plan 'peace' fits")]
    public async Task What_no_rule_distributes_waits_for_a_person(string field, string reason)
    {
        await using var harness = await StartAsync();
        var sent = await harness.SendAsync(field + (field.Length is 0 ? Text.Replace("KAA", "ZZZ", StringComparison.Ordinal) : Text), to: ["profiler@hq.test"]);

        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held);
        var held = (await harness.Operator.HeldAsync(sent.Id, default))!;
        Assert.StartsWith("profiler@hq.test: " + reason, held.Reason, StringComparison.Ordinal);
        Assert.Empty(harness.Sink.Transactions);
    }

    [Fact]
    public async Task What_is_encrypted_for_the_profiler_goes_by_what_is_inside_and_stays_as_it_came()
    {
        const string Outside = "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\nFrom: <a@origin.test>\r\nTo: profiler@hq.test\r\nSubject: ...\r\nMessage-ID: <1@origin.test>\r\n\r\nMIIB\r\n";
        var boundary = new FakeBoundary { Opening = _ => Opened("MMHS-Exempted-Address: log@dest.test\r\n" + Text) };
        await using var harness = await SwitchHarness.StartAsync((c, _) => With(Opening, Bridge)(c), boundary);
        var sent = await harness.SendAsync(Outside, to: ["profiler@hq.test"]);

        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        var arrived = (await harness.Sink.WaitForAsync(2, Patience)).Where(t => !t.Mail.Contains("<>", StringComparison.Ordinal)).ToArray();
        Assert.Equal(2, arrived.Length);
        Assert.All(arrived, t => Assert.EndsWith(Outside, Encoding.UTF8.GetString(t.Content.Span), StringComparison.Ordinal));
        Assert.DoesNotContain(arrived.SelectMany(t => t.Recipients), r => r.Contains("log@dest.test", StringComparison.Ordinal));
        var audit = await harness.Spool.ReadAuditAsync(sent.Id);
        Assert.Equal("profiler@hq.test: plan peace, version 0123: bridge", Assert.Single(audit, a => a.Kind == AuditKind.Profiled).Detail);
        Assert.Equal("opened with list", Assert.Single(audit, a => a.Kind == AuditKind.Decrypted).Detail);
    }

    [Theory]
    [InlineData("others", "unprofiled (encrypted): its text can't be read")]
    [InlineData("forged", "unprofiled (unreadable): the outer To is not the one that was protected")]
    [InlineData("broken", "unprofiled (unreadable): no end")]
    [InlineData("kept back", "unprofiled (no-distribution): MMHS-Message-Instructions: NO DISTRIBUTION")]
    public async Task What_is_inside_is_not_gone_by_where_it_can_not_be_believed(string what, string reason)
    {
        var boundary = new FakeBoundary
        {
            Opening = _ => what switch
            {
                "others" => new OpeningOutcome.Read(FakeBoundary.Good(Text) with { Encryption = EncryptionState.ForOthers }),
                "forged" => Opened(Text, m => m with { Differences = [new HeaderDifference("To", DifferenceWeight.Blocking)] }),
                "broken" => Opened(Text, m => m with { Fault = "no end" }),
                _ => Opened(Text),
            },
        };
        await using var harness = await SwitchHarness.StartAsync((c, _) => With(Opening, Bridge)(c), boundary);
        var sent = await harness.SendAsync(
            (what is "kept back" ? "MMHS-Message-Instructions: NO DISTRIBUTION\r\n" : "") + "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n" + Text, to: ["profiler@hq.test"]);

        Assert.Equal("profiler@hq.test: " + reason, (await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held)).HeldBecause);
    }

    [Fact]
    public async Task Without_its_key_the_profiler_waits()
    {
        var boundary = new FakeBoundary { Opening = _ => new OpeningOutcome.Unavailable("token away") };
        await using var harness = await SwitchHarness.StartAsync((c, _) => With(Opening, Bridge)(c), boundary);
        var sent = await harness.SendAsync("Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n" + Text, to: ["profiler@hq.test"]);

        await Eventually.ComesTrueAsync(async () => (await harness.Spool.ReadAuditAsync(sent.Id)).Any(a => a is { Kind: AuditKind.Deferred, Detail: "token away" }), Patience, "it waits for the token");
        boundary.Opening = _ => Opened(Text);
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
    }

    private static readonly ProfilingAddress Opening = Address with { Opening = new BoundaryOpening { Keys = ["list"] } };

    private static readonly ProfileRule Bridge = Operations with { Name = "bridge", Codes = [], SubjectWords = ["bridge"] };

    private static OpeningOutcome.Read Opened(string text, Func<OpenedMessage, OpenedMessage>? change = null)
    {
        var opened = FakeBoundary.Good(text) with { Encryption = EncryptionState.Opened, Notes = [new ProtectionNote(AuditKind.Decrypted, "opened with list")] };
        return new OpeningOutcome.Read(change?.Invoke(opened) ?? opened);
    }

    [Fact]
    [Trait("Feature", "D-08")]
    public async Task Whom_the_originator_exempts_gets_nothing()
    {
        await using var harness = await StartAsync();
        var sent = await harness.SendAsync("MMHS-Exempted-Address: LOG@dest.test\r\n" + Text, to: ["profiler@hq.test"]);

        Assert.Equal(["cos@dest.test"], (await ChildAsync(harness, sent.Id, m => m.Envelope.Recipients[0].Role is AddresseeRole.Information)).Envelope.Recipients.Select(r => r.Address.Text));
    }

    [Fact]
    [Trait("Feature", "M-03")]
    public async Task A_person_says_who_gets_it()
    {
        await using var harness = await StartAsync();
        var sent = await harness.SendAsync(
            "MMHS-Exempted-Address: nobody@dest.test\r\n" + Text.Replace("KAA", "ZZZ", StringComparison.Ordinal), to: ["profiler@hq.test", "b@dest.test"], notify: NotifyOptions.Success);
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held);

        Assert.Equal("nobody@dest.test is exempted by its originator", (await AssignAsync(harness, sent.Id, "nobody@dest.test")).Text);
        Assert.Equal("no route takes x@refused.test", (await AssignAsync(harness, sent.Id, "x@refused.test")).Text);
        Assert.Contains("unprofiled (no-match)", (await harness.Operator.HeldAsync(sent.Id, default))!.Reason!, StringComparison.Ordinal);
        Assert.Equal("ops@dest.test is named twice", (await AssignAsync(harness, sent.Id, "ops@dest.test", "ops@dest.test")).Text);
        Assert.Equal("profiler@hq.test is the profiling address itself", (await AssignAsync(harness, sent.Id, "profiler@hq.test")).Text);
        var result = await AssignAsync(harness, sent.Id, "duty@dest.test", "log@dest.test");

        Assert.Equal(HoldingOutcome.Done, result.Outcome);
        Assert.Equal([RecipientState.Expanded, RecipientState.Delivered], (await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done)).Recipients.Select(r => r.State));
        Assert.Equal(["duty@dest.test"], (await ChildAsync(harness, sent.Id, m => m.State is MessageState.Done && m.Envelope.Recipients[0].Role is AddresseeRole.Action && !m.Envelope.ReversePath.IsNull)).Envelope.Recipients.Select(r => r.Address.Text));
        Assert.Equal(["log@dest.test"], (await ChildAsync(harness, sent.Id, m => m.Envelope.Recipients[0].Role is AddresseeRole.Information)).Envelope.Recipients.Select(r => r.Address.Text));
        Assert.Contains(await harness.Spool.ReadAuditAsync(sent.Id), a => a is { Kind: AuditKind.Assigned, Actor: "tester", Detail: "profiler@hq.test: by hand" });
        Assert.Equal(HoldingOutcome.Conflict, (await AssignAsync(harness, sent.Id, "duty@dest.test")).Outcome);
    }

    [Fact]
    [Trait("Feature", "M-02")]
    public async Task A_plan_that_was_switched_to_counts_after_a_restart_and_what_waited_can_be_tried_again()
    {
        await using var harness = await StartAsync();
        var sent = await harness.SendAsync(Text.Replace("KAA", "ZZZ", StringComparison.Ordinal), to: ["profiler@hq.test"]);
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held);

        Assert.Null(await harness.Operator.SwitchPlanAsync("storm", "mistyped", SwitchHarness.Somebody, default));
        Assert.Equal("war", (await harness.Operator.SwitchPlanAsync("war", "order 4711", SwitchHarness.Somebody, default))!.InForce);
        await harness.RestartAsync(With(Address));
        Assert.Equal(("war", "peace", "tester"), (await harness.Operator.ProfileAsync(default)) is { } state ? (state.InForce, state.Configured, state.Choice!.By) : default);
        await harness.Operator.ActAsync(new MessageAct(MessageVerb.Release) { Ids = [sent.Id], Reason = "the plan has it" }, SwitchHarness.Somebody, default);

        Assert.Equal(["commander@dest.test"], (await ChildAsync(harness, sent.Id, m => m.State is MessageState.Done)).Envelope.Recipients.Select(r => r.Address.Text));
        Assert.Contains(await harness.Spool.ReadAuditAsync(default), a => a is { Kind: AuditKind.PlanSwitched, Actor: "tester", Detail: "war order 4711" });
        // A file without it: nothing goes by another plan than the one that was ordered.
        await harness.RestartAsync(c => With(Address)(c) with { Profilers = new ProfilerMap([Address], Plans() with { All = [Plans().InForce] }) });
        var late = await harness.SendAsync(Text, to: ["profiler@hq.test"]);
        Assert.Contains("unprofiled (no-plan)", (await harness.WaitForAsync(late.Id, m => m.State == MessageState.Held)).HeldBecause!, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Feature", "M-02")]
    public async Task A_plan_is_not_in_force_before_the_store_has_it()
    {
        await using var harness = await StartAsync();
        harness.Refusing.Refuses = operation => operation is null ? SpoolHealth.Full : null;
        await Assert.ThrowsAsync<SpoolUnavailableException>(() => harness.Operator.SwitchPlanAsync("war", "order", SwitchHarness.Somebody, default).AsTask());

        Assert.Equal("peace", (await harness.Operator.ProfileAsync(default)).InForce);
        Assert.Contains(await harness.Spool.ReadAuditAsync(default), a => a.Kind == AuditKind.PlanSwitched && a.Detail.StartsWith("war not done", StringComparison.Ordinal));
    }

    [Fact]
    public async Task All_copies_are_stored_or_none()
    {
        await using var harness = await StartAsync();
        var tries = 0;
        harness.Refusing.Refuses = operation =>
            operation?.Accept.Any(m => m.Envelope.Origin.DistributedBy is not null) is true && Interlocked.Increment(ref tries) < 3 ? SpoolHealth.Unwritable : null;
        var sent = await harness.SendAsync(Text, to: ["profiler@hq.test"]);

        await Eventually.ComesTrueAsync(() => Volatile.Read(ref tries) > 0, Patience, "the first try is refused");
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        Assert.Equal(2, (await harness.Spool.QueryAsync(new MessageQuery { Parent = sent.Id }, default)).Count);
        await harness.Sink.WaitForAsync(2, Patience);
        Assert.Equal(3, harness.Sink.Transactions.SelectMany(t => t.Recipients).Count());
    }

    [Fact]
    public async Task A_list_that_leads_back_to_the_profiler_ends_with_a_person()
    {
        var list = new MailingList { Address = Mailbox.Parse("all@hq.test"), Members = [Address.Address, Mailbox.Parse("m@dest.test")], Owner = Owner };
        await using var harness = await SwitchHarness.StartAsync(
            c => With(Address, Operations with { Action = [list.Address], Information = [] })(c) with { Lists = new MailingListMap([list]) });
        var sent = await harness.SendAsync(Text, to: ["profiler@hq.test"]);

        var distributed = await ChildAsync(harness, sent.Id, m => m.State is MessageState.Done);
        var back = await ChildAsync(harness, distributed.Id, m => m.State is MessageState.Held);
        Assert.Contains("unprofiled (stopped): it went through profiler@hq.test before", (await harness.Operator.HeldAsync(back.Id, default))!.Reason!, StringComparison.Ordinal);
        Assert.Equal(["<m@dest.test>"], (await harness.Sink.WaitForAsync(1, Patience)).SelectMany(t => t.Recipients).Select(r => r[r.IndexOf('<', StringComparison.Ordinal)..(r.IndexOf('>', StringComparison.Ordinal) + 1)]));
    }

    [Fact]
    public async Task Each_addressee_is_judged_by_the_label_and_rules_know_it()
    {
        var rule = Operations with { Codes = [], Labels = [new ProfileLabelPattern("alfa", "secret")] };
        await using var harness = await SwitchHarness.StartAsync(c => LabelStage.With(
            With(Address, rule)(c), LabelStage.Listener(), LabelStage.Link(s => s with { Clearance = LabelStage.UpTo(LabelStage.Alfa, "RESTRICTED") })) with { LabelCatalogue = new LabelCatalogueList(LabelStage.Authority, LabelStage.Alfa) });
        var label = LabelStage.Label(LabelStage.Alfa, "SECRET");
        var sent = await harness.SendAsync($"SIO-Label: {SioLabel.Of(label).Format()}\r\n" + Text, to: ["profiler@hq.test"]);

        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Done);
        Assert.Contains(await harness.Spool.ReadAuditAsync(sent.Id), a => a.Kind == AuditKind.Profiled && a.Detail.EndsWith("operations (label alfa secret)", StringComparison.Ordinal));
        Assert.Equal(LabelStage.Stored(label), (await ChildAsync(harness, sent.Id, m => m.State is MessageState.Held)).Envelope.Label);
        Assert.Empty(harness.Sink.Transactions);
    }

    [Fact]
    [Trait("Feature", "M-03")]
    public async Task What_waits_too_long_for_a_person_is_an_alarm_also_after_a_restart()
    {
        await using var harness = await SwitchHarness.StartAsync(Hasty);
        var sent = await harness.SendAsync(Text.Replace("KAA", "ZZZ", StringComparison.Ordinal), to: ["profiler@hq.test"]);
        await harness.WaitForAsync(sent.Id, m => m.State == MessageState.Held);

        await StandsAsync(true);
        await harness.RestartAsync(Hasty);
        await StandsAsync(true);
        await AssignAsync(harness, sent.Id, "duty@dest.test");
        await StandsAsync(false);

        SwitchConfiguration Hasty(SwitchConfiguration c) =>
            With(Address)(c) with { Precedences = c.Precedences with { Levels = [.. c.Precedences.Levels.Select(l => l with { Alarm = TimeSpan.FromMilliseconds(1) })] } };

        Task StandsAsync(bool stands) => Eventually.ComesTrueAsync(
            async () => (await harness.Operator.AlarmsAsync(default)).Any(a => a.Id is "unprofiled:routine") == stands, Patience, $"the alarm stands: {stands}");
    }

    [Fact]
    public async Task An_address_of_a_profiler_has_no_route()
    {
        await using var harness = await StartAsync();
        Assert.Equal(("profile:profiler@hq.test", "profiling address"), await harness.Operator.ExplainRouteAsync(Address.Address, Precedence.Routine, Domain.Military.MilitaryFacts.None, default) is { } way ? (way.Link!.Value.Value, way.Steps[0]) : default);
    }

    private static async Task<HoldingResult> AssignAsync(SwitchHarness harness, MessageId id, string action, string? information = null) => await harness.Operator.DecideAsync(
        id, new HoldingOrder.Assign([Mailbox.Parse(action)], information is null ? [] : [Mailbox.Parse(information)], "by hand"), SwitchHarness.Somebody, default);

    private static Task<SwitchHarness> StartAsync(ProfilingAddress? address = null) => SwitchHarness.StartAsync(With(address ?? Address));

    private static Func<SwitchConfiguration, SwitchConfiguration> With(ProfilingAddress address, ProfileRule? rule = null) => c => c with { Profilers = new ProfilerMap([address], Plans(rule)) };

    private static ProfilePlans Plans(ProfileRule? rule = null)
    {
        var peace = new ProfilePlan("peace", [rule ?? Operations]);
        var war = new ProfilePlan("war", [new ProfileRule { Name = "all", Codes = [Code("Z*"), Code("K*")], Action = [Mailbox.Parse("commander@dest.test")] }]);
        return new ProfilePlans([peace, war], peace, null) { Version = "0123" };
    }

    private static SicPattern Code(string text) => SicPattern.TryParse(text, out var pattern) ? pattern : throw new FormatException(text);

    private static async Task<StoredMessage> ChildAsync(SwitchHarness harness, MessageId parent, Func<StoredMessage, bool> condition)
    {
        StoredMessage? found = null;
        await Eventually.ComesTrueAsync(
            async () => (found = (await harness.Spool.QueryAsync(new MessageQuery { Parent = parent }, default)).FirstOrDefault(condition)) is not null, Patience, $"something comes of {parent}");
        return found!;
    }
}
