using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Auditing;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage.Tests;

/// <summary>What every store must do: the rules of <see cref="ISpool"/>. A store's tests inherit them.</summary>
public abstract class SpoolContract : IAsyncLifetime
{
    protected const int Partition = 5;

    protected static readonly DateTimeOffset Noon = new(2030, 4, 1, 12, 0, 0, TimeSpan.Zero);

    private long sequence;

    protected ISpool Spool { get; private set; } = null!;

    protected PartitionEpoch Owner { get; private set; }

    public virtual async Task InitializeAsync()
    {
        Spool = await OpenAsync();
        Owner = await Spool.ClaimAsync(Partition, "test");
    }

    public virtual async Task DisposeAsync() => await Spool.DisposeAsync();

    /// <summary>Opens the store of this test, again after it was closed.</summary>
    protected abstract Task<ISpool> OpenAsync();

    [Fact]
    public async Task Keeps_every_field_of_a_message()
    {
        var id = NextId();
        var envelope = Envelope("a@one.example", "b@two.example") with
        {
            Body = BodyType.EightBitMime, SmtpUtf8 = true, RequireTls = true, Return = DsnReturn.Headers, EnvelopeId = "QQ314159",
            HoldUntil = Noon.AddHours(1), DeliverBy = new DeliverBy(Noon.AddHours(2), DeliverByMode.Notify, true), Precedence = Precedence.Flash,
        };
        var trace = "Received: by switch\r\n"u8.ToArray();
        var content = Octets(5000);
        var parent = NextId();
        await AcceptAsync(id, envelope, content, message => message with { Trace = trace, MessageIdField = "<m@x>", Parent = parent });

        var stored = await Spool.ReadAsync(id);

        Assert.NotNull(stored);
        Assert.Equal(id, stored.Id);
        Assert.Equal(envelope with { Recipients = [] }, stored.Envelope with { Recipients = [] });
        Assert.Equal(envelope.Recipients.AsEnumerable(), stored.Envelope.Recipients.AsEnumerable());
        Assert.Equal(trace, stored.Trace.ToArray());
        Assert.Equal(MessageState.Queued, stored.State);
        Assert.Equal(content.Length, stored.Size);
        Assert.Equal(SHA256.HashData(content), stored.Digest.ToArray());
        Assert.Equal("<m@x>", stored.MessageIdField);
        Assert.Equal(parent, stored.Parent);
        Assert.True(stored.HasContent);
        Assert.Equal([RecipientState.Queued, RecipientState.Queued], stored.Recipients.Select(r => r.State));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    [InlineData(300_000)]
    public async Task Gives_back_the_octets_of_a_content(int size)
    {
        var id = NextId();
        var content = Octets(size);
        await AcceptAsync(id, Envelope(), content);
        Assert.Equal(content, await ContentAsync(id));
    }

    [Fact]
    public async Task Keeps_committed_messages_over_a_restart()
    {
        var small = NextId();
        var large = NextId();
        await AcceptAsync(small, Envelope(), Octets(100));
        await AcceptAsync(large, Envelope(), Octets(200_000));
        await ReopenAsync();
        Assert.Equal(Octets(100), await ContentAsync(small));
        Assert.Equal(Octets(200_000), await ContentAsync(large));
        Assert.Equal([small, large], (await PendingAsync()).Select(m => m.Id));
    }

    [Fact]
    public async Task Gives_each_start_another_run()
    {
        var first = Spool.Run;
        await ReopenAsync();
        Assert.True(Spool.Run > first);
        Assert.InRange(Spool.Run, 1, MessageId.MaximumRun);
    }

    [Fact]
    public async Task Answers_nothing_for_an_unknown_id()
    {
        Assert.Null(await Spool.ReadAsync(NextId()));
        Assert.Null(await Spool.OpenContentAsync(NextId()));
        Assert.Empty(await Spool.ReadAuditAsync(NextId()));
    }

    [Fact]
    public async Task Forgets_a_content_that_nobody_committed()
    {
        await using (var writer = Spool.CreateContent())
        {
            await writer.WriteAsync(Octets(100_000));
        }

        await using (var writer = Spool.CreateContent())
        {
            await writer.WriteAsync(Octets(100_000));
            await using var staged = await writer.CompleteAsync();
        }

        Assert.Empty(await Spool.QueryAsync(new MessageQuery()));
    }

    [Fact]
    public async Task Shows_a_staged_content_before_the_commit()
    {
        await using var writer = Spool.CreateContent();
        await writer.WriteAsync(Octets(300_000).AsMemory(0, 10));
        await writer.WriteAsync(Octets(300_000).AsMemory(10));
        Assert.Equal(300_000, writer.Length);
        await using var staged = await writer.CompleteAsync();
        Assert.Equal(300_000, staged.Length);
        Assert.Equal(Octets(300_000).AsSpan(0, 256 << 10), staged.Head.Span);
        Assert.Equal(SHA256.HashData(Octets(300_000)), staged.Digest.ToArray());
        Assert.False(staged.IsInline);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65_536)]
    [InlineData(100_000)]
    [InlineData(262_144)]
    [InlineData(1_000_001)]
    public async Task Reads_a_content_that_was_just_staged_from_memory(int size)
    {
        await using var staged = await StageAsync(Octets(size));
        await using var reader = staged.ReadFromMemory();
        Assert.NotNull(reader);
        Assert.Equal(size, reader.Length);
        var octets = new byte[size];
        var filled = 0;
        // Pieces that fit no boundary.
        while (await reader.ReadAsync(octets.AsMemory(filled, Math.Min(70_001, size - filled))) is > 0 and var count) filled += count;
        Assert.Equal(Octets(size), octets);
    }

    [Fact]
    public async Task Applies_an_operation_twice_like_once()
    {
        var id = NextId();
        var envelope = Envelope("a@one.example", "b@two.example");
        await using var content = await StageAsync(Octets(10));
        var accept = new SpoolOperation(Owner)
        {
            Accept = [new NewMessage(id, envelope, default, content, "<m@x>", RecipientState.Armed, null)],
            Audit = [new AuditEvent(Noon, AuditKind.Accepted, id)],
        };
        var deliver = new SpoolOperation(Owner)
        {
            Recipients = [new RecipientChange(id, 0, RecipientState.Delivered, 1, null, new Reply(250, null, "ok"), "mx")],
            Messages = [new MessageChange(id, MessageState.Queued, HeldBecause: null)],
            Audit = [new AuditEvent(Noon, AuditKind.Delivered, id, 0)],
        };
        var hold = new SpoolOperation(Owner)
        {
            Messages = [new MessageChange(id, MessageState.Held, HeldBecause: "asked")],
            Audit = [new AuditEvent(Noon, AuditKind.Held, id, -1, "asked", "op")],
        };
        var look = new SpoolOperation(Owner) { Audit = [new AuditEvent(Noon, AuditKind.Viewed, id, -1, "", "op")] };
        foreach (var operation in (SpoolOperation[])[accept, deliver, hold, look])
        {
            Assert.True((await CommitAsync(operation)).IsCommitted);
            var state = await Spool.ReadAsync(id);
            Assert.True((await CommitAsync(operation)).IsCommitted);
            var again = await Spool.ReadAsync(id);
            Assert.Equal(state!.State, again!.State);
            Assert.Equal(state.Recipients.AsEnumerable(), again.Recipients.AsEnumerable());
        }

        Assert.Equal(
            [AuditKind.Accepted, AuditKind.Delivered, AuditKind.Held, AuditKind.Viewed], (await Spool.ReadAuditAsync(id)).Select(e => e.Kind));
        Assert.Equal(Octets(10), await ContentAsync(id));
    }

    [Fact]
    public async Task Keeps_the_last_reply_and_the_warning_when_a_change_says_nothing_of_them()
    {
        var id = NextId();
        await AcceptAsync(id, Envelope(), Octets(10));
        var busy = new Reply(451, new EnhancedStatusCode(4, 3, 0), "busy <now>");
        await CommitAsync(new SpoolOperation(Owner)
        {
            Recipients = [new RecipientChange(id, 0, RecipientState.Queued, 1, Noon.AddMinutes(5), busy, "mx.example") { Warned = true }],
        });
        await CommitAsync(new SpoolOperation(Owner) { Recipients = [new RecipientChange(id, 0, RecipientState.Armed, 2)] });
        var recipient = (await Spool.ReadAsync(id))!.Recipients[0];
        Assert.Equal(new StoredRecipient(RecipientState.Armed, 2, null, busy, "mx.example", true), recipient);
    }

    [Fact]
    public async Task Writes_nothing_for_an_owner_of_an_older_epoch()
    {
        var id = NextId();
        await AcceptAsync(id, Envelope(), Octets(10));
        var newer = await Spool.ClaimAsync(Partition, "other");
        Assert.True(newer.Epoch > Owner.Epoch);

        var result = await CommitAsync(new SpoolOperation(Owner)
        {
            Recipients = [new RecipientChange(id, 0, RecipientState.Delivered, 1)],
            Messages = [new MessageChange(id, MessageState.Done, DropContent: true)],
            Audit = [new AuditEvent(Noon, AuditKind.Delivered, id, 0)],
        });

        Assert.Equal(CommitStatus.Fenced, result.Status);
        Assert.Equal(MessageState.Queued, (await Spool.ReadAsync(id))!.State);
        Assert.Equal(Octets(10), await ContentAsync(id));
        Assert.Single(await Spool.ReadAuditAsync(id));
        Assert.Equal(SpoolHealth.Ready, Spool.Health);
    }

    [Fact]
    public async Task Raises_the_epoch_over_a_restart()
    {
        var before = Owner;
        await ReopenAsync();
        Assert.True(Owner.Epoch > before.Epoch);
    }

    [Fact]
    public async Task Refuses_ids_of_another_partition()
    {
        await using var content = await StageAsync(Octets(1));
        var id = MessageId.Create(Spool.Run, 1, Partition + 1);
        await Assert.ThrowsAsync<ArgumentException>(async () => await CommitAsync(
            new SpoolOperation(Owner) { Accept = [new NewMessage(id, Envelope(), default, content, null, RecipientState.Queued, null)] }));
    }

    [Fact]
    [Trait("Feature", "A-20")]
    public async Task Stores_a_recipient_that_was_accepted_before_as_duplicate()
    {
        var first = NextId();
        var second = NextId();
        await AcceptAsync(first, Keyed((1, "a@one.example"), (2, "b@two.example")), Octets(10));

        var result = await AcceptAsync(second, Keyed((3, "c@three.example"), (2, "b@two.example")), Octets(10));

        Assert.Equal([new DuplicateRecipient(second, 1)], result.Duplicates.AsEnumerable());
        var stored = (await Spool.ReadAsync(second))!;
        Assert.Equal([RecipientState.Queued, RecipientState.Duplicate], stored.Recipients.Select(r => r.State));
        Assert.Equal(MessageState.Queued, stored.State);
        Assert.Equal([0], (await PendingAsync())[1].Recipients.Select(r => r.Index));
        Assert.Contains(await Spool.ReadAuditAsync(second), e => e.Kind == AuditKind.Duplicate && e.Recipient == 1);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(100_000)]
    public async Task Stores_a_wholly_duplicate_message_as_done_without_content(int size)
    {
        var first = NextId();
        var second = NextId();
        await AcceptAsync(first, Keyed((1, "a@one.example")), Octets(size));
        await using var content = await StageAsync(Octets(size));
        var operation = new SpoolOperation(Owner)
        {
            Accept = [new NewMessage(second, Keyed((1, "a@one.example")), default, content, null, RecipientState.Queued, null)],
        };
        var result = await CommitAsync(operation);
        var again = await CommitAsync(operation);

        Assert.Equal([new DuplicateRecipient(second, 0)], result.Duplicates.AsEnumerable());
        Assert.Equal(result.Duplicates.AsEnumerable(), again.Duplicates.AsEnumerable());
        var stored = (await Spool.ReadAsync(second))!;
        Assert.Equal(MessageState.Done, stored.State);
        Assert.False(stored.HasContent);
        Assert.Null(await Spool.OpenContentAsync(second));
        Assert.Equal([first], (await PendingAsync()).Select(m => m.Id));
    }

    [Fact]
    public async Task Finds_duplicates_after_a_restart_and_within_one_operation()
    {
        await AcceptAsync(NextId(), Keyed((1, "a@one.example")), Octets(1));
        await ReopenAsync();
        Assert.Single((await AcceptAsync(NextId(), Keyed((1, "a@one.example")), Octets(1))).Duplicates);
        await using var content = await StageAsync(Octets(1));
        var result = await CommitAsync(new SpoolOperation(Owner)
        {
            Accept =
            [
                new NewMessage(NextId(), Keyed((9, "a@one.example"), (9, "a@one.example")), default, content, null, RecipientState.Queued, null),
                new NewMessage(NextId(), Keyed((9, "a@one.example")), default, content, null, RecipientState.Queued, null),
            ],
        });
        Assert.Single(result.Duplicates);
    }

    [Fact]
    public async Task Takes_a_message_again_when_its_keys_are_pruned()
    {
        await AcceptAsync(NextId(), Keyed((1, "a@one.example")), Octets(1));
        await Spool.PruneAsync(DateTimeOffset.MinValue, Noon.AddHours(1));
        Assert.Empty((await AcceptAsync(NextId(), Keyed((1, "a@one.example")), Octets(1))).Duplicates);
    }

    [Fact]
    public async Task Starts_recipients_in_their_own_states()
    {
        var id = NextId();
        await AcceptAsync(id, Envelope("a@x.example", "b@x.example", "c@x.example"), Octets(1), message => message with
        {
            State = RecipientState.Armed,
            Exceptions = ImmutableDictionary<int, RecipientState>.Empty.Add(1, RecipientState.Held).Add(2, RecipientState.Failed),
        });
        var stored = (await Spool.ReadAsync(id))!;
        Assert.Equal([RecipientState.Armed, RecipientState.Held, RecipientState.Failed], stored.Recipients.Select(r => r.State));
        Assert.Equal([(0, RecipientState.Armed), (1, RecipientState.Held)], (await PendingAsync()).Single().Recipients.Select(r => (r.Index, r.State)));
    }

    [Fact]
    public async Task Says_why_a_message_is_held()
    {
        var id = NextId();
        await AcceptAsync(id, Envelope(), Octets(1), message => message with { State = RecipientState.Held, HeldBecause = "no label" });
        var stored = (await Spool.ReadAsync(id))!;
        Assert.Equal((MessageState.Held, "no label"), (stored.State, stored.HeldBecause));
        await CommitAsync(new SpoolOperation(Owner) { Messages = [new MessageChange(id, MessageState.Queued)] });
        stored = (await Spool.ReadAsync(id))!;
        Assert.Equal((MessageState.Queued, null), (stored.State, stored.HeldBecause));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(100_000)]
    public async Task Drops_a_content_when_told(int size)
    {
        var id = NextId();
        await AcceptAsync(id, Envelope(), Octets(size));
        await CommitAsync(new SpoolOperation(Owner) { Messages = [new MessageChange(id, MessageState.Done, DropContent: true)] });
        Assert.Null(await Spool.OpenContentAsync(id));
        Assert.False((await Spool.ReadAsync(id))!.HasContent);
        Assert.Empty(await PendingAsync());
    }

    [Fact]
    public async Task What_was_held_in_part_keeps_its_reason_when_the_others_are_done()
    {
        var id = NextId();
        await AcceptAsync(id, Envelope(), Octets(1));
        await ChangeAsync(new MessageChange(id, MessageState.Queued, HeldBecause: "not cleared"));
        await ChangeAsync(new MessageChange(id, MessageState.Held));
        Assert.Equal("not cleared", (await Spool.ReadAsync(id))!.HeldBecause);
        await ChangeAsync(new MessageChange(id, MessageState.Queued));
        Assert.Null((await Spool.ReadAsync(id))!.HeldBecause);

        async Task ChangeAsync(MessageChange change) => Assert.True((await Spool.CommitAsync(new SpoolOperation(Owner) { Messages = [change] }, Precedence.Routine)).IsCommitted);
    }

    [Fact]
    public async Task Lets_two_messages_share_a_large_content()
    {
        var one = NextId();
        var two = NextId();
        await using (var content = await StageAsync(Octets(100_000)))
        {
            await CommitAsync(new SpoolOperation(Owner)
            {
                Accept =
                [
                    new NewMessage(one, Envelope(), default, content, null, RecipientState.Queued, null),
                    new NewMessage(two, Envelope(), default, content, null, RecipientState.Queued, null),
                ],
            });
        }

        await CommitAsync(new SpoolOperation(Owner) { Messages = [new MessageChange(one, MessageState.Done, DropContent: true)] });
        await CommitAsync(new SpoolOperation(Owner));
        Assert.Null(await Spool.OpenContentAsync(one));
        Assert.Equal(Octets(100_000), await ContentAsync(two));
    }

    [Fact]
    [Trait("Feature", "C-01")]
    public async Task Loads_what_is_pending_by_precedence_then_age()
    {
        var expected = new List<(Precedence, MessageId)>();
        Precedence[] levels = [Precedence.Routine, Precedence.Flash, Precedence.Deferred, Precedence.Flash, Precedence.Override, Precedence.Routine];
        foreach (var level in levels)
        {
            var id = NextId();
            await AcceptAsync(id, Envelope() with { Precedence = level }, Octets(1));
            expected.Add((level, id));
        }

        var done = NextId();
        await AcceptAsync(done, Envelope() with { Precedence = Precedence.Override }, Octets(1));
        await CommitAsync(new SpoolOperation(Owner) { Messages = [new MessageChange(done, MessageState.Done)] });
        var elsewhere = await Spool.ClaimAsync(Partition + 1, "test");
        await using (var content = await StageAsync(Octets(1)))
        {
            var id = MessageId.Create(Spool.Run, 999, Partition + 1);
            await CommitAsync(new SpoolOperation(elsewhere) { Accept = [new NewMessage(id, Envelope(), default, content, null, RecipientState.Queued, null)] });
        }

        Assert.Equal(
            expected.OrderByDescending(e => e.Item1).ThenBy(e => e.Item2).Select(e => e.Item2), (await PendingAsync()).Select(m => m.Id));
    }

    [Fact]
    public async Task Loads_more_than_one_slice()
    {
        var ids = new List<MessageId>();
        var commits = new List<Task>();
        await using var content = await StageAsync(Octets(1));
        for (var i = 0; i < 2500; i++)
        {
            var id = NextId();
            ids.Add(id);
            commits.Add(CommitAsync(new SpoolOperation(Owner) { Accept = [new NewMessage(id, Envelope(), default, content, null, RecipientState.Queued, null)] }).AsTask());
        }

        await Task.WhenAll(commits);
        Assert.Equal(ids, (await PendingAsync()).Select(m => m.Id));
    }

    [Fact]
    public async Task Loads_the_state_of_each_open_recipient()
    {
        var id = NextId();
        await AcceptAsync(id, Envelope("a@x.example", "b@x.example", "c@x.example", "d@x.example"), Octets(77));
        await CommitAsync(new SpoolOperation(Owner)
        {
            Recipients =
            [
                new RecipientChange(id, 2, RecipientState.Queued, 3, Noon.AddMinutes(7)) { Warned = true },
                new RecipientChange(id, 1, RecipientState.Delivered, 1),
            ],
        });
        var pending = (await PendingAsync()).Single();
        Assert.Equal(77, pending.Size);
        Assert.Equal(
            [
                new PendingRecipient(0, RecipientState.Queued, 0, null, false),
                new PendingRecipient(2, RecipientState.Queued, 3, Noon.AddMinutes(7), true),
                new PendingRecipient(3, RecipientState.Queued, 0, null, false),
            ],
            pending.Recipients.AsEnumerable());
    }

    [Fact]
    public async Task Finds_messages_by_every_filter()
    {
        var parent = NextId();
        var ids = new MessageId[4];
        for (var i = 0; i < ids.Length; i++)
        {
            var n = i;
            ids[i] = NextId();
            var envelope = Envelope($"user{i}@Unit.example") with
            {
                EnvelopeId = $"E{i}", ArrivedAt = Noon.AddMinutes(i), Precedence = i == 2 ? Precedence.Flash : Precedence.Routine,
                ReversePath = i == 3 ? ReversePath.Null : new ReversePath(Mailbox.Parse($"From{i}@x.example")),
            };
            await AcceptAsync(ids[i], envelope, Octets(1), message => message with { MessageIdField = $"<{n}@id>", Parent = n == 1 ? parent : null });
        }

        await CommitAsync(new SpoolOperation(Owner) { Messages = [new MessageChange(ids[0], MessageState.Done), new MessageChange(ids[3], MessageState.Held, false, "x")] });

        await Finds(new MessageQuery(), 3, 2, 1, 0);
        await Finds(new MessageQuery { PendingOnly = true }, 3, 2, 1);
        await Finds(new MessageQuery { State = MessageState.Held }, 3);
        await Finds(new MessageQuery { State = MessageState.Done }, 0);
        await Finds(new MessageQuery { Precedence = Precedence.Flash }, 2);
        await Finds(new MessageQuery { PendingOnly = true, Precedence = Precedence.Routine }, 3, 1);
        await Finds(new MessageQuery { MessageIdField = "<1@id>" }, 1);
        await Finds(new MessageQuery { MessageIdField = "<1@ID>" });
        await Finds(new MessageQuery { EnvelopeId = "E2" }, 2);
        await Finds(new MessageQuery { Sender = "FROM1@" }, 1);
        await Finds(new MessageQuery { Recipient = "uSER2@unit" }, 2);
        await Finds(new MessageQuery { AcceptedFrom = Noon.AddMinutes(1), AcceptedUntil = Noon.AddMinutes(2) }, 2, 1);
        await Finds(new MessageQuery { Parent = parent }, 1);
        await Finds(new MessageQuery { Before = ids[2], Limit = 1 }, 1);
        await Finds(new MessageQuery { PendingOnly = true, Before = ids[3], Limit = 1 }, 2);

        async Task Finds(MessageQuery query, params int[] expected) =>
            Assert.Equal(expected.Select(i => ids[i]), (await Spool.QueryAsync(query)).Select(m => m.Id));
    }

    [Fact]
    public async Task Keeps_audit_events_with_their_message()
    {
        var id = NextId();
        AuditEvent[] events =
        [
            new(Noon, AuditKind.Accepted, id, -1, "from x"), new(Noon.AddSeconds(1), AuditKind.Held, id, 3, "‹why›", "op"),
            new(Noon.AddSeconds(2), AuditKind.RuleAdded, default, -1, "r1", "op"),
        ];
        await CommitAsync(new SpoolOperation(Owner) { Audit = [.. events] });
        Assert.Equal(events[..2], await Spool.ReadAuditAsync(id));
    }

    [Fact]
    public async Task Replaces_lists_and_removes_documents()
    {
        await Spool.PutDocumentAsync("rule", "b", "{\"v\":1}");
        await Spool.PutDocumentAsync("rule", "a", "{}");
        await Spool.PutDocumentAsync("rule", "b", "{\"v\":2}");
        await Spool.PutDocumentAsync("other", "b", "[]");
        await ReopenAsync();
        Assert.Equal([new StoredDocument("rule", "a", "{}"), new StoredDocument("rule", "b", "{\"v\":2}")], await Spool.ListDocumentsAsync("rule"));
        Assert.True(await Spool.RemoveDocumentAsync("rule", "b"));
        Assert.False(await Spool.RemoveDocumentAsync("rule", "b"));
        Assert.Single(await Spool.ListDocumentsAsync("rule"));
    }

    [Fact]
    public async Task Exchanges_a_document_only_for_the_one_that_was_read()
    {
        Assert.False(await Spool.ExchangeDocumentAsync("note", "a", "1", "2"));
        Assert.False(await Spool.ExchangeDocumentAsync("note", "a", "1", null));
        Assert.True(await Spool.ExchangeDocumentAsync("note", "a", null, null));
        Assert.True(await Spool.ExchangeDocumentAsync("note", "a", null, "1"));
        Assert.False(await Spool.ExchangeDocumentAsync("note", "a", null, "2"));
        Assert.False(await Spool.ExchangeDocumentAsync("note", "a", null, null));
        Assert.False(await Spool.ExchangeDocumentAsync("note", "a", "0", "2"));
        Assert.True(await Spool.ExchangeDocumentAsync("note", "a", "1", "2"));
        await ReopenAsync();
        Assert.Equal("2", await Spool.ReadDocumentAsync("note", "a"));
        Assert.False(await Spool.ExchangeDocumentAsync("note", "a", "1", null));
        Assert.True(await Spool.ExchangeDocumentAsync("note", "a", "2", null));
        Assert.Null(await Spool.ReadDocumentAsync("note", "a"));
    }

    [Fact]
    public async Task Of_many_who_exchange_a_document_at_once_one_wins()
    {
        var done = await Task.WhenAll(Enumerable.Range(0, 16).Select(n => Spool.ExchangeDocumentAsync("race", "a", null, $"{n}").AsTask()));
        Assert.Single(done, d => d);
    }

    [Fact]
    public async Task Finds_audit_events_of_one_kind_of_many_messages()
    {
        MessageId one = NextId(), two = NextId(), three = NextId();
        AuditEvent[] events =
        [
            new(Noon, AuditKind.Delivered, one, 1, "a"), new(Noon.AddSeconds(1), AuditKind.Deferred, one, 0, "b"), new(Noon.AddSeconds(2), AuditKind.Delivered, one, 0, "c", "op"),
            new(Noon.AddSeconds(3), AuditKind.Delivered, two, 0), new(Noon.AddSeconds(4), AuditKind.Delivered, three, 0),
        ];
        await CommitAsync(new SpoolOperation(Owner) { Audit = [.. events] });
        var found = await Spool.FindAuditAsync([two, one], AuditKind.Delivered);
        Assert.Equal([events[0], events[2]], found.Where(e => e.Message == one));
        Assert.Equal([events[3]], found.Where(e => e.Message == two));
        Assert.Equal(3, found.Count);
        Assert.Empty(await Spool.FindAuditAsync([], AuditKind.Delivered));
    }

    [Fact]
    public async Task Reads_documents_page_by_page_and_from_a_prefix_on()
    {
        foreach (var id in new[] { "b1", "a0", "b0", "c0", "b2" }) await Spool.PutDocumentAsync("paged", id, "{}");
        await Spool.PutDocumentAsync("pagee", "b1", "{}");
        Assert.Equal(["a0", "b0", "b1", "b2", "c0"], (await Spool.PageDocumentsAsync("paged", "", 10)).Select(d => d.Id));
        Assert.Equal(["a0", "b0"], (await Spool.PageDocumentsAsync("paged", "", 2)).Select(d => d.Id));
        Assert.Equal(["b1", "b2"], (await Spool.PageDocumentsAsync("paged", "b0", 2)).Select(d => d.Id));
        Assert.Equal(["b0", "b1", "b2"], (await Spool.PageDocumentsAsync("paged", "b", 3)).Select(d => d.Id));
        Assert.Empty(await Spool.PageDocumentsAsync("paged", "c0", 3));
    }

    [Fact]
    public async Task Prunes_finished_messages_and_old_audit_events_only()
    {
        var old = NextId();
        var oldPending = NextId();
        var young = NextId();
        foreach (var (id, at) in ((MessageId, DateTimeOffset)[])[(old, Noon), (oldPending, Noon), (young, Noon.AddDays(1))])
            await AcceptAsync(id, Envelope() with { ArrivedAt = at }, Octets(100_000), message => message with { MessageIdField = "<f@x>" });
        await CommitAsync(new SpoolOperation(Owner)
        {
            Messages = [new MessageChange(old, MessageState.Done), new MessageChange(young, MessageState.Done)],
            Audit = [new AuditEvent(Noon.AddDays(1), AuditKind.Delivered, young)],
        });

        Assert.Equal(1, await Spool.PruneAsync(Noon.AddHours(1), Noon.AddHours(1)));
        await CutAsync(Noon.AddHours(1));

        Assert.Null(await Spool.ReadAsync(old));
        Assert.Empty(await Spool.ReadAuditAsync(old));
        Assert.NotNull(await Spool.ReadAsync(young));
        Assert.Equal([young, oldPending], (await Spool.QueryAsync(new MessageQuery { MessageIdField = "<f@x>" })).Select(m => m.Id));
        Assert.Equal(Octets(100_000), await ContentAsync(oldPending));
        Assert.Contains(await Spool.ReadAuditAsync(young), e => e.Kind == AuditKind.Delivered);
    }

    [Fact]
    public async Task Tells_how_much_room_there_is()
    {
        await AcceptAsync(NextId(), Envelope(), Octets(500_000));
        var usage = Spool.Usage();
        Assert.True(usage.UsedOctets > 500_000);
        Assert.True(usage.FreeOctets > 0);
    }

    [Fact]
    [Trait("Feature", "A-05")]
    public async Task Streams_fifty_mebibytes_in_constant_memory()
    {
        var chunk = Octets(64 << 10);
        const int Chunks = 800;
        var id = NextId();
        var before = GC.GetTotalAllocatedBytes(precise: true);
        await using (var writer = Spool.CreateContent())
        {
            for (var i = 0; i < Chunks; i++) await writer.WriteAsync(chunk);
            await using var content = await writer.CompleteAsync();
            await CommitAsync(new SpoolOperation(Owner) { Accept = [new NewMessage(id, Envelope(), default, content, null, RecipientState.Queued, null)] });
        }

        await using var reader = (await Spool.OpenContentAsync(id))!;
        Assert.Equal(Chunks * (64L << 10), reader.Length);
        Assert.Null(reader.Inline);
        var buffer = new byte[64 << 10];
        for (var i = 0; i < Chunks; i++)
        {
            Assert.Equal(buffer.Length, await reader.ReadAsync(buffer));
            Assert.True(buffer.AsSpan().SequenceEqual(chunk));
        }

        Assert.Equal(0, await reader.ReadAsync(buffer));
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 8 << 20);
    }

    [Fact]
    public async Task Takes_many_operations_at_once_and_urgent_ones_among_them()
    {
        var ids = new MessageId[600];
        var commits = new Task<CommitResult>[ids.Length];
        for (var i = 0; i < ids.Length; i++)
        {
            ids[i] = NextId();
            commits[i] = AcceptAsync(ids[i], Envelope() with { Precedence = i % 10 == 0 ? Precedence.Flash : Precedence.Routine }, Octets(3000)).AsTask();
        }

        Assert.All(await Task.WhenAll(commits), result => Assert.True(result.IsCommitted));
        Assert.Equal(ids.Length, (await PendingAsync()).Count);
    }

    protected async Task ReopenAsync()
    {
        await Spool.DisposeAsync();
        Spool = await OpenAsync();
        Owner = await Spool.ClaimAsync(Partition, "test");
    }

    /// <summary>Forgets audit records that are older.</summary>
    protected async Task CutAsync(DateTimeOffset before)
    {
        var store = (IAuditStore)Spool;
        foreach (var trail in await store.TrailsAsync())
        {
            if (await store.FindOldAsync(trail.Number, before) is { } last) Assert.NotEqual(0, await store.CutTrailAsync(trail.Number, last));
        }
    }

    protected MessageId NextId() => MessageId.Create(Spool.Run, ++sequence, Partition);

    protected static byte[] Octets(int count)
    {
        var octets = new byte[count];
        for (var i = 0; i < count; i++) octets[i] = (byte)((i * 31) ^ (i >> 8));
        return octets;
    }

    protected static Envelope Envelope(params string[] addresses) => new()
    {
        ReversePath = new ReversePath(Mailbox.Parse("from@x.example")),
        Recipients = [.. (addresses.Length == 0 ? ["to@x.example"] : addresses).Select(a => new Recipient(Mailbox.Parse(a)))],
        Precedence = Precedence.Routine,
        ArrivedAt = Noon,
        Origin = new Origin { Listener = "relay", ClientAddress = "192.0.2.1", Helo = "x.example" },
    };

    protected static Envelope Keyed(params (int Key, string Address)[] recipients) => Envelope() with
    {
        Recipients = [.. recipients.Select(r => new Recipient(Mailbox.Parse(r.Address)) { DuplicateKey = (UInt128)r.Key << 70 })],
    };

    protected async Task<StagedContent> StageAsync(byte[] octets)
    {
        await using var writer = Spool.CreateContent();
        await writer.WriteAsync(octets);
        return await writer.CompleteAsync();
    }

    protected ValueTask<CommitResult> CommitAsync(SpoolOperation operation) => Spool.CommitAsync(operation, Precedence.Routine);

    protected async ValueTask<CommitResult> AcceptAsync(MessageId id, Envelope envelope, byte[] octets, Func<NewMessage, NewMessage>? with = null)
    {
        await using var content = await StageAsync(octets);
        var message = new NewMessage(id, envelope, default, content, null, RecipientState.Queued, null);
        return await Spool.CommitAsync(
            new SpoolOperation(Owner)
            {
                Accept = [with is null ? message : with(message)],
                Audit = [new AuditEvent(envelope.ArrivedAt, AuditKind.Accepted, id, -1, string.Create(CultureInfo.InvariantCulture, $"{octets.Length} octets"))],
            },
            envelope.Precedence);
    }

    protected async Task<byte[]> ContentAsync(MessageId id)
    {
        await using var reader = await Spool.OpenContentAsync(id) ?? throw new InvalidOperationException($"{id} has no content.");
        var octets = new byte[reader.Length];
        var filled = 0;
        while (filled < octets.Length)
        {
            var count = await reader.ReadAsync(octets.AsMemory(filled));
            if (count == 0) break;
            filled += count;
        }

        Assert.Equal(octets.Length, filled);
        return octets;
    }

    protected async Task<List<PendingMessage>> PendingAsync()
    {
        var all = new List<PendingMessage>();
        await foreach (var message in Spool.LoadPendingAsync(Owner)) all.Add(message);
        return all;
    }
}
