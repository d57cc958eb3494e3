using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests;

/// <summary>Messages through the whole core: actors, a real store, a real socket; serialization forced on.</summary>
public sealed class JourneyTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task Delivers_the_accepted_bytes_below_one_trace_field()
    {
        await using var harness = await SwitchHarness.StartAsync();
        const string text = "Subject: test\r\nX-Odd:  folded\r\n\tvalue \r\n\r\n..dot\r\n.\r\ntext without end";
        var result = await harness.SendAsync(text);
        Assert.Null(result.Refusal);

        var arrived = Assert.Single(await harness.Sink.WaitForAsync(1, Patience));
        var received = Encoding.UTF8.GetString(arrived.Content.Span);
        Assert.StartsWith("Received: from origin.test", received, StringComparison.Ordinal);
        Assert.EndsWith("\r\n" + text, received.TrimEnd('\r', '\n') == received ? received : received[..^2], StringComparison.Ordinal);
        var stored = await harness.WaitForAsync(result.Id, m => m.State == MessageState.Done);
        Assert.Equal(RecipientState.Delivered, stored.Recipients[0].State);
        Assert.False(stored.HasContent);
    }

    [Fact]
    public async Task Keeps_the_recipients_of_one_message_apart()
    {
        await using var harness = await SwitchHarness.StartAsync();
        var tries = 0;
        harness.Sink.Script = step => step.Phase != SinkPhase.Recipient ? null
            : step.Line.Contains("bad@", StringComparison.Ordinal) ? SinkAction.Say("550 5.1.1 no such user")
            : step.Line.Contains("later@", StringComparison.Ordinal) && Interlocked.Increment(ref tries) == 1 ? SinkAction.Say("451 4.2.1 later") : null;
        var result = await harness.SendAsync(to: ["good@dest.test", "bad@dest.test", "later@dest.test"]);

        var done = await harness.WaitForAsync(result.Id, m => m.State == MessageState.Done);
        Assert.Equal([RecipientState.Delivered, RecipientState.Failed, RecipientState.Delivered], done.Recipients.Select(r => r.State));
        Assert.Equal(2, done.Recipients[2].Attempts);
        var arrived = await harness.Sink.WaitForAsync(3, Patience);
        var report = Assert.Single(arrived, t => t.Mail.StartsWith("MAIL FROM:<>", StringComparison.OrdinalIgnoreCase));
        var text = Encoding.UTF8.GetString(report.Content.Span);
        Assert.Contains("Final-Recipient: rfc822;bad@dest.test", text.Replace("rfc822; ", "rfc822;", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("later@dest.test", text[text.IndexOf("Reporting-MTA", StringComparison.Ordinal)..text.LastIndexOf("Content-Type", StringComparison.Ordinal)], StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Threat", "S13")]
    public async Task Never_reports_to_the_null_reverse_path()
    {
        await using var harness = await SwitchHarness.StartAsync();
        harness.Sink.Script = step => step.Phase == SinkPhase.Recipient ? SinkAction.Say("550 5.1.1 no such user") : null;
        var result = await harness.SendAsync(from: "");

        await harness.WaitForAsync(result.Id, m => m.State == MessageState.Done);
        Assert.Empty(await harness.Spool.QueryAsync(new MessageQuery { Parent = result.Id }));
    }

    [Fact]
    public async Task Returns_what_expires_with_a_report()
    {
        await using var harness = await SwitchHarness.StartAsync(
            c => c with { Precedences = SwitchHarness.Expiring(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3)) });
        harness.Sink.StopListening();
        harness.Sink.DropConnections();
        var result = await harness.SendAsync();

        var done = await harness.WaitForAsync(result.Id, m => m.State == MessageState.Done);
        Assert.Equal(RecipientState.Expired, done.Recipients[0].State);
        Assert.Equal(new EnhancedStatusCode(5, 4, 7), done.Recipients[0].Reply!.Status);
        Assert.True(done.Recipients[0].Warned);
        harness.Sink.StartListening();
        // The report expires after three seconds too, and the link's next probe may be later.
        Assert.True(await harness.Operator.TryLinkAsync(new LinkName("hop"), SwitchHarness.Somebody, default));
        // The warning may come first.
        await harness.Sink.WaitForAsync(1, Patience);
        await Eventually.ComesTrueAsync(
            () => harness.Sink.Transactions.Any(r => Encoding.UTF8.GetString(r.Content.Span).Contains("5.4.7", StringComparison.Ordinal)), Patience, "the report");
    }

    [Fact]
    [Trait("Feature", "A-21")]
    public async Task A_client_that_asks_for_its_queue_gets_it_and_is_named_in_the_trail()
    {
        await using var harness = await SwitchHarness.StartAsync();
        var ship = new ClientIdentity { Listener = "test", Role = ListenerRole.Relay, Address = "192.0.2.7", AuthenticatedAs = "ship" };
        harness.Sink.StopListening();
        harness.Sink.DropConnections();
        await harness.SendAsync();
        await Eventually.ComesTrueAsync(
            async () => (await harness.Operator.LinksAsync(default)).Single().Breaker != BreakerPhase.Closed, Patience, "the link is down");
        harness.Sink.StartListening();

        Assert.Equal(QueueStart.Started, await harness.Intake.StartQueueAsync(ship, "dest.test", subdomains: false, default));

        await harness.Sink.WaitForAsync(1, Patience);
        var tried = Assert.Single(await harness.Spool.ReadAuditAsync(default), e => e.Kind == AuditKind.Tried);
        Assert.Equal(("hop", "smtp:ship"), (tried.Detail, tried.Actor));
    }

    [Fact]
    [Trait("Feature", "C-13")]
    public async Task Warns_once_and_goes_on_trying()
    {
        await using var harness = await SwitchHarness.StartAsync(c => c with { Precedences = SwitchHarness.Expiring(TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)) });
        harness.Sink.Script = step =>
            step.Phase == SinkPhase.Recipient && step.Line.Contains("b@dest.test", StringComparison.Ordinal) ? SinkAction.Say("451 4.2.2 full") : null;
        var result = await harness.SendAsync();
        await harness.WaitForAsync(result.Id, m => m.Recipients[0].Warned);
        await harness.WaitForAsync(result.Id, m => m.Recipients[0].Attempts > 5);
        harness.Sink.Script = null;

        await harness.WaitForAsync(result.Id, m => m.State == MessageState.Done);
        var delayed = (await harness.Spool.QueryAsync(new MessageQuery { Parent = result.Id })).ToArray();
        Assert.Single(delayed);
    }

    [Fact]
    public async Task Delivers_after_the_destination_came_back()
    {
        await using var harness = await SwitchHarness.StartAsync();
        harness.Sink.StopListening();
        for (var i = 0; i < 50; i++) Assert.Null((await harness.SendAsync()).Refusal);
        Assert.Equal(0, harness.Sink.Accepted);
        harness.Sink.StartListening();
        await harness.Sink.WaitForAsync(50, Patience);
    }

    [Fact]
    [Trait("Feature", "C-03")]
    public async Task Flash_overtakes_what_waits()
    {
        await using var harness = await SwitchHarness.StartAsync(c => c with { Routes = new RouteTable([new Route { Match = "*", Link = c.Routes.Routes[0].Link! with { Connections = 1 } }]) });
        harness.Sink.StopListening();
        for (var i = 0; i < 30; i++) await harness.SendAsync($"Subject: routine {i}\r\n\r\n");
        await harness.SendAsync("Subject: flash\r\n\r\n", priority: MtPriority.From(Precedence.Flash));
        harness.Sink.StartListening();

        var arrived = await harness.Sink.WaitForAsync(31, Patience);
        var flash = Assert.Single(arrived, t => t.Field("Subject") == "flash");
        Assert.True(flash.Order <= 2, $"the flash message came as number {flash.Order}");
        var routine = arrived.Where(t => t.Field("Subject") != "flash").OrderBy(t => t.Order).Select(t => t.Field("Subject"));
        Assert.Equal(Enumerable.Range(0, 30).Select(i => $"routine {i}"), routine);
    }

    [Fact]
    [Trait("Feature", "C-08")]
    public async Task Minimize_keeps_lower_mail_back_until_it_ends()
    {
        await using var harness = await SwitchHarness.StartAsync();
        var rule = await harness.Operator.AddRuleAsync(
            new OperatorRule { Id = "", Kind = RuleKind.Minimize, Scope = "link:hop", Level = Precedence.Immediate, Reason = "exercise" }, SwitchHarness.Somebody, default);
        var routine = await harness.SendAsync();
        var flash = await harness.SendAsync(priority: MtPriority.From(Precedence.Flash));

        await harness.WaitForAsync(flash.Id, m => m.State == MessageState.Done);
        Assert.Equal(MessageState.Queued, (await harness.Spool.ReadAsync(routine.Id))!.State);
        Assert.Equal(RuleChange.Done, await harness.Operator.RemoveRuleAsync(rule.Id, "over", null, SwitchHarness.Somebody, default));
        await harness.WaitForAsync(routine.Id, m => m.State == MessageState.Done);
    }

    [Fact]
    [Trait("Feature", "C-08")]
    public async Task Minimize_for_one_domain_lets_the_others_pass_and_ends_by_itself()
    {
        await using var harness = await SwitchHarness.StartAsync();
        await harness.Operator.AddRuleAsync(
            new OperatorRule
            {
                Id = "m", Kind = RuleKind.Minimize, Scope = "domain:*.low.test", Level = Precedence.Flash, Reason = "exercise",
                Expires = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(3),
            },
            SwitchHarness.Somebody, default);
        var kept = await harness.SendAsync(to: ["x@a.low.test"]);
        var other = await harness.SendAsync(to: ["x@high.test"]);

        await harness.WaitForAsync(other.Id, m => m.State == MessageState.Done);
        Assert.Equal(MessageState.Queued, (await harness.Spool.ReadAsync(kept.Id))!.State);
        await harness.WaitForAsync(kept.Id, m => m.State == MessageState.Done);
        await Eventually.ComesTrueAsync(async () => (await harness.Operator.RulesAsync(default)).Count is 0, Patience, "the rule is gone");
    }

    [Fact]
    [Trait("Feature", "C-08")]
    public async Task Minimize_can_refuse_at_entry()
    {
        await using var harness = await SwitchHarness.StartAsync();
        await harness.Operator.AddRuleAsync(
            new OperatorRule { Id = "m", Kind = RuleKind.Minimize, Scope = "node", Level = Precedence.Immediate, RefuseAtEntry = true, Reason = "x" }, SwitchHarness.Somebody, default);
        Assert.Equal(Refusal.PriorityTooLowForNow, (await harness.SendAsync()).Refusal);
        Assert.Null((await harness.SendAsync(priority: MtPriority.From(Precedence.Flash))).Refusal);
    }

    [Fact]
    public async Task An_operator_holds_releases_returns_and_restores()
    {
        await using var harness = await SwitchHarness.StartAsync();
        harness.Sink.StopListening();
        var first = await harness.SendAsync();
        var second = await harness.SendAsync();
        var third = await harness.SendAsync();

        Assert.True(await Act(MessageVerb.Hold, first.Id));
        Assert.True(await Act(MessageVerb.Return, second.Id));
        Assert.True(await Act(MessageVerb.Delete, third.Id));
        harness.Sink.StartListening();
        await harness.WaitForAsync(second.Id, m => m.State == MessageState.Done && m.Recipients[0].State == RecipientState.Returned);
        await harness.Sink.WaitForAsync(1, Patience);
        Assert.Equal(MessageState.Held, (await harness.Spool.ReadAsync(first.Id))!.State);
        Assert.Equal(MessageState.Binned, (await harness.Spool.ReadAsync(third.Id))!.State);

        await harness.RestartAsync();
        Assert.Equal(MessageState.Held, (await harness.Spool.ReadAsync(first.Id))!.State);
        Assert.True(await Act(MessageVerb.Release, first.Id));
        Assert.True(await Act(MessageVerb.Restore, third.Id));
        await harness.WaitForAsync(first.Id, m => m.State == MessageState.Done);
        await harness.WaitForAsync(third.Id, m => m.State == MessageState.Done);
        var audit = await harness.Spool.ReadAuditAsync(first.Id);
        Assert.Equal([AuditKind.Accepted, AuditKind.Held, AuditKind.Released, AuditKind.Delivered], audit.Select(a => a.Kind));
        Assert.Equal("tester", audit[1].Actor);

        async Task<bool> Act(MessageVerb verb, MessageId id)
        {
            var result = await harness.Operator.ActAsync(new MessageAct(verb) { Ids = [id], Reason = "test" }, SwitchHarness.Somebody, default);
            return Assert.Single(result.Outcomes).Done;
        }
    }

    [Fact]
    public async Task Queued_mail_survives_a_restart_in_order_and_is_no_suspect()
    {
        await using var harness = await SwitchHarness.StartAsync(c => c with { Routes = new RouteTable([new Route { Match = "*", Link = c.Routes.Routes[0].Link! with { Connections = 1 } }]) });
        harness.Sink.StopListening();
        for (var i = 0; i < 20; i++) await harness.SendAsync($"Subject: {i}\r\n\r\n");
        await harness.RestartAsync(c => c with { Routes = new RouteTable([new Route { Match = "*", Link = c.Routes.Routes[0].Link! with { Connections = 1 } }]) });
        harness.Sink.StartListening();
        var arrived = await harness.Sink.WaitForAsync(20, Patience);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{i}"), arrived.OrderBy(a => a.Order).Select(a => a.Field("Subject")));
        Assert.All(arrived, a => Assert.Null(a.Field("X-MilSwitch-Suspected-Duplicate")));
    }

    [Fact]
    [Trait("Threat", "F15")]
    public async Task Sends_again_and_marks_what_may_have_been_sent()
    {
        await using var harness = await SwitchHarness.StartAsync();
        var dots = 0;
        harness.Sink.Script = step => step.Phase == SinkPhase.FinalDot && Interlocked.Increment(ref dots) == 1 ? SinkAction.Abort : null;
        var result = await harness.SendAsync();
        await harness.WaitForAsync(result.Id, m => m.State == MessageState.Done);
        var arrived = Assert.Single(await harness.Sink.WaitForAsync(1, Patience));
        Assert.NotNull(arrived.Field("X-MilSwitch-Suspected-Duplicate"));
    }

    [Fact]
    public async Task Start_and_orderly_stop_are_in_the_audit_trail()
    {
        await using var harness = await SwitchHarness.StartAsync();
        await Eventually.ComesTrueAsync(async () => (await KindsAsync()).SequenceEqual([AuditKind.NodeStarted]), Patience, "the start is recorded");

        await harness.RestartAsync();

        await Eventually.ComesTrueAsync(
            async () => (await KindsAsync()).SequenceEqual([AuditKind.NodeStarted, AuditKind.NodeStopped, AuditKind.NodeStarted]), Patience, "stop and start are recorded");

        async Task<IEnumerable<AuditKind>> KindsAsync() => (await harness.Spool.ReadAuditAsync(default)).Select(e => e.Kind);
    }

    [Fact]
    [Trait("Feature", "B-12")]
    public async Task The_same_message_sent_twice_is_delivered_once()
    {
        await using var harness = await SwitchHarness.StartAsync();
        const string text = "Message-ID: <1@origin.test>\r\nSubject: once\r\n\r\nhello\r\n";
        var first = await harness.SendAsync(text);
        var second = await harness.SendAsync(text);
        Assert.Null(second.Refusal);
        await harness.WaitForAsync(first.Id, m => m.State == MessageState.Done);
        var stored = await harness.WaitForAsync(second.Id, m => m.State == MessageState.Done);
        Assert.Equal(RecipientState.Duplicate, stored.Recipients[0].State);
        await harness.SendAsync("Message-ID: <2@origin.test>\r\n\r\n");
        Assert.Equal(2, (await harness.Sink.WaitForAsync(2, Patience)).Count);
    }

    [Fact]
    [Trait("Feature", "B-12")]
    public async Task Duplicate_detection_can_be_switched_off()
    {
        await using var harness = await SwitchHarness.StartAsync(c => c with { Duplicates = new() { Enabled = false } });
        const string text = "Message-ID: <1@origin.test>\r\n\r\nhello\r\n";
        await harness.SendAsync(text);
        await harness.SendAsync(text);
        await harness.Sink.WaitForAsync(2, Patience);
    }

    [Fact]
    [Trait("Feature", "B-13")]
    public async Task Refuses_loops()
    {
        await using var harness = await SwitchHarness.StartAsync();
        var hops = string.Concat(Enumerable.Repeat("Received: from a.test by b.test; Mon, 23 Nov 2026 00:00:00 +0000\r\n", 51));
        Assert.Equal(Refusal.Loop, (await harness.SendAsync(hops + "\r\n")).Refusal);
        var own = string.Concat(Enumerable.Repeat("Received: from a.test by switch.test; Mon, 23 Nov 2026 00:00:00 +0000\r\n", 3));
        Assert.Equal(Refusal.Loop, (await harness.SendAsync(own + "\r\n")).Refusal);
    }

    [Fact]
    [Trait("Feature", "C-02")]
    public async Task Information_addressees_travel_at_the_copy_precedence()
    {
        await using var harness = await SwitchHarness.StartAsync();
        var result = await harness.SendAsync(
            "To: action@dest.test\r\nCc: info@dest.test\r\nMMHS-Primary-Precedence: flash\r\nMMHS-Copy-Precedence: 1 (routine)\r\n\r\n",
            to: ["action@dest.test", "info@dest.test"]);
        var stored = await harness.WaitForAsync(result.Id, m => m.State == MessageState.Done);
        Assert.Equal([Precedence.Flash, Precedence.Routine], stored.Envelope.Recipients.Select(r => r.Precedence));
        var arrived = await harness.Sink.WaitForAsync(2, Patience);
        Assert.Contains(arrived, t => t.Mail.Contains("MT-PRIORITY=4", StringComparison.Ordinal) && t.Recipients.Single().Contains("action@", StringComparison.Ordinal));
        Assert.Contains(arrived, t => t.Mail.Contains("MT-PRIORITY=-2", StringComparison.Ordinal) && t.Recipients.Single().Contains("info@", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Feature", "C-09")]
    public async Task A_field_can_not_ask_for_more_than_the_client_may()
    {
        await using var harness = await SwitchHarness.StartAsync();
        var result = await harness.SendAsync("MMHS-Primary-Precedence: override\r\n\r\n", highest: Precedence.Priority);
        Assert.Equal(Precedence.Priority, (await harness.Spool.ReadAsync(result.Id))!.Envelope.Precedence);
        Assert.Equal(Refusal.PriorityNotPermitted, (await harness.SendAsync("MMHS-Primary-Precedence: override\r\n\r\n", highest: Precedence.Priority, lower: false)).Refusal);
    }

    [Fact]
    [Trait("Threat", "C12")]
    [Trait("Threat", "F34")]
    public async Task Limits_flash_of_one_originator_however_it_is_named_and_records_it_once()
    {
        await using var harness = await SwitchHarness.StartAsync(c => c with { Rates = new RateLimits { FlashPerOriginatorAndMinute = 2 } });
        var flash = MtPriority.From(Precedence.Flash);
        Assert.Null((await harness.SendAsync(priority: flash)).Refusal);
        Assert.Null((await harness.SendAsync("MMHS-Primary-Precedence: flash\r\n\r\n")).Refusal);

        Assert.Equal(Refusal.TooMuchFlash, (await harness.SendAsync("MMHS-Primary-Precedence: override\r\n\r\n")).Refusal);
        Assert.Equal(Refusal.TooMuchFlash, (await harness.SendAsync(priority: flash)).Refusal);
        var client = new ClientIdentity { Listener = "test", Role = ListenerRole.Relay, Address = "127.0.0.1", MayRelay = true };
        var mail = new MailRequest(new ReversePath(Mailbox.Parse("a@origin.test"))) { Priority = flash };
        Assert.Equal(Refusal.TooMuchFlash, (await harness.Intake.MailAsync(client, mail, default)).Refusal);

        // Lower levels of the same originator, and the Flash of others, go on.
        Assert.Null((await harness.SendAsync(priority: MtPriority.From(Precedence.Immediate))).Refusal);
        Assert.Null((await harness.Intake.MailAsync(client with { AuthenticatedAs = "ops" }, mail, default)).Refusal);
        await Eventually.ComesTrueAsync(
            async () => (await harness.Spool.ReadAuditAsync(default)).Any(e => e.Kind == AuditKind.RateLimited), Patience, "the limit is recorded");
        var recorded = Assert.Single(await harness.Spool.ReadAuditAsync(default), e => e.Kind == AuditKind.RateLimited);
        Assert.Equal("127.0.0.1: more than 2 messages of flash and above in a minute", recorded.Detail);
    }

    [Theory]
    [InlineData("From: <a@origin.test>", null)]
    [InlineData("From: Ann <A@ORIGIN.TEST>, <a@origin.test>", Refusal.AuthorRefused)]
    [InlineData("From: Ann <a@ORIGIN.TEST>\r\nSender: <a@origin.test>", null)]
    [InlineData("From: <b@origin.test>", Refusal.AuthorRefused)]
    [InlineData("From: \"a@origin.test\" <b@origin.test>", Refusal.AuthorRefused)]
    [InlineData("From: <a@origin.test>\r\nSender: <b@origin.test>", Refusal.AuthorRefused)]
    [InlineData("From: <a@origin.test>\r\nFrom: <b@origin.test>", Refusal.AuthorRefused)]
    [InlineData("Subject: nobody", Refusal.AuthorRefused)]
    public async Task An_account_with_addresses_writes_as_nobody_else(string fields, Refusal? expected)
    {
        Assert.True(MailboxSet.TryRead(["a@origin.test"], out var own, out _));
        await using var harness = await SwitchHarness.StartAsync(c => c with { AccountAddresses = new Dictionary<string, MailboxSet> { ["ann"] = own } });
        var client = new ClientIdentity { Listener = "test", Role = ListenerRole.Submission, Address = "127.0.0.1", AuthenticatedAs = "ann" };
        Assert.Equal(expected, (await harness.SendAsync(fields + "\r\n\r\nhello\r\n", client: client)).Refusal);
        Assert.Null((await harness.SendAsync(fields + "\r\n\r\nhello\r\n", client: client with { AuthenticatedAs = "relay" })).Refusal);
    }

    [Fact]
    [Trait("Threat", "F34")]
    public async Task Limits_messages_of_one_client()
    {
        await using var harness = await SwitchHarness.StartAsync(c => c with { Rates = new RateLimits { MessagesPerClientAndMinute = 3 } });
        for (var i = 0; i < 3; i++) Assert.Null((await harness.SendAsync()).Refusal);
        Assert.Equal(Refusal.TooManyMessages, (await harness.SendAsync()).Refusal);
    }

    [Fact]
    [Trait("Feature", "C-14")]
    public async Task A_received_report_is_not_elevated_by_its_fields()
    {
        await using var harness = await SwitchHarness.StartAsync();
        var result = await harness.SendAsync("MT-Priority: 6\r\nContent-Type: multipart/report\r\n\r\n", from: "");
        Assert.Equal(Precedence.Routine, (await harness.Spool.ReadAsync(result.Id))!.Envelope.Precedence);
    }

    [Fact]
    [Trait("Feature", "C-07")]
    public async Task Refuses_what_is_too_large_for_its_level()
    {
        await using var harness = await SwitchHarness.StartAsync();
        var text = "Subject: big\r\n\r\n" + string.Concat(Enumerable.Repeat("0123456789012345678901234567890123456789\r\n", 1000));
        Assert.Equal(Refusal.TooLargeForPriority, (await harness.SendAsync(text, priority: MtPriority.From(Precedence.Flash))).Refusal);
        Assert.Null((await harness.SendAsync(text)).Refusal);
    }

    [Fact]
    [Trait("Feature", "L-01")]
    public async Task Reports_relaying_to_a_hop_without_dsn_when_success_was_asked_for()
    {
        await using var harness = await SwitchHarness.StartAsync(sink: new SinkOptions { Extensions = ["PIPELINING"] });
        var result = await harness.SendAsync(notify: NotifyOptions.Success);
        await harness.WaitForAsync(result.Id, m => m.State == MessageState.Done);
        var report = Assert.Single(await harness.Sink.WaitForAsync(2, Patience), t => t.Mail.StartsWith("MAIL FROM:<>", StringComparison.OrdinalIgnoreCase));
        Assert.Contains("Action: relayed", Encoding.UTF8.GetString(report.Content.Span), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Feature", "A-12")]
    public async Task Holds_a_message_until_its_time()
    {
        await using var harness = await SwitchHarness.StartAsync();
        var until = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(2);
        var result = await harness.SendAsync(change: e => e with { HoldUntil = until });
        var done = await harness.WaitForAsync(result.Id, m => m.State == MessageState.Done);
        Assert.True((await harness.Spool.ReadAuditAsync(result.Id))[^1].At >= until);
        Assert.Equal(RecipientState.Delivered, done.Recipients[0].State);
    }

    [Fact]
    public async Task Reroutes_to_another_link_and_remembers_it()
    {
        await using var other = SinkServer.Start();
        Func<Domain.Configuration.SwitchConfiguration, Domain.Configuration.SwitchConfiguration> two = c => c with
        {
            Routes = new RouteTable([.. c.Routes.Routes, new Route { Match = "other.test", Link = SwitchHarness.Link("other", other.Port) }]),
        };
        await using var harness = await SwitchHarness.StartAsync(two);
        harness.Sink.StopListening();
        var result = await harness.SendAsync();
        var act = await harness.Operator.ActAsync(
            new MessageAct(MessageVerb.Reroute) { Ids = [result.Id], Link = new LinkName("other"), Reason = "link down" }, SwitchHarness.Somebody, default);
        Assert.Equal("goes over other", Assert.Single(act.Outcomes).Text);
        await other.WaitForAsync(1, Patience);
        await harness.WaitForAsync(result.Id, m => m.State == MessageState.Done);
        await Eventually.ComesTrueAsync(async () => (await ReroutesAsync(harness)).Count is 0, Patience, "the reroute of a finished message is forgotten");
    }

    [Fact]
    public async Task A_start_forgets_reroutes_to_which_nothing_pending_refers_and_keeps_the_others()
    {
        await using var harness = await SwitchHarness.StartAsync();
        var done = await harness.SendAsync();
        await harness.WaitForAsync(done.Id, m => m.State == MessageState.Done);
        var waiting = await harness.SendAsync(change: e => e with { HoldUntil = TimeProvider.System.GetUtcNow().AddHours(1) });
        var unknown = MessageId.Create(harness.Spool.Run, 1_000_000, 7);
        foreach (var id in new[] { done.Id, waiting.Id, unknown }) await harness.Spool.PutDocumentAsync("reroute", id.ToString(), "hop");

        await harness.RestartAsync();

        Assert.Equal(waiting.Id.ToString(), Assert.Single(await ReroutesAsync(harness)).Id);
    }

    private static async Task<IReadOnlyList<StoredDocument>> ReroutesAsync(SwitchHarness harness) => await harness.Spool.ListDocumentsAsync("reroute");

    [Fact]
    [Trait("Feature", "B-14")]
    public async Task Holds_what_is_damaged_and_lets_the_others_pass()
    {
        await using var harness = await SwitchHarness.StartAsync();
        harness.Sink.StopListening();
        var big = await harness.SendAsync("Subject: big\r\n\r\n" + string.Concat(Enumerable.Repeat(new string('x', 98) + "\r\n", 2000)));
        var small = await harness.SendAsync();
        var file = Assert.Single(Directory.GetFiles(Path.Combine(harness.Folder, "content"), "*", SearchOption.AllDirectories));
        using (var stream = File.Open(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            stream.Position = 150_000;
            stream.WriteByte((byte)'y');
        }

        harness.Sink.StartListening();
        await harness.WaitForAsync(small.Id, m => m.State == MessageState.Done);
        var held = await harness.WaitForAsync(big.Id, m => m.State == MessageState.Held);
        Assert.Contains("damaged", held.HeldBecause, StringComparison.Ordinal);
        Assert.DoesNotContain(harness.Sink.Transactions, t => t.Accepted && t.Size > 100_000);
    }

    [Fact]
    public async Task A_domain_that_does_not_exist_is_answered_with_a_report()
    {
        await using var harness = await SwitchHarness.StartAsync(c => c with
        {
            Routes = new RouteTable(
            [
                new Route { Match = "*", UseMx = true, Link = SwitchHarness.Link("mx", 25) with { Targets = [] } },
                new Route { Match = "origin.test", Link = c.Routes.Routes[0].Link },
            ]),
        });
        var result = await harness.SendAsync(to: ["x@nowhere.test"]);
        var done = await harness.WaitForAsync(result.Id, m => m.State == MessageState.Done);
        Assert.Equal(new EnhancedStatusCode(5, 1, 2), done.Recipients[0].Reply!.Status);
        await harness.Sink.WaitForAsync(1, Patience);
    }
}
