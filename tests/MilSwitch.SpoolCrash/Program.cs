using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;
using MilSwitch.Storage.Sqlite;

// Commits until it is killed and prints what was acknowledged: `A id` accepted, `D id` delivered and dropped.
// Usage: MilSwitch.SpoolCrash DATA-FOLDER
var output = Console.Out;
var outputGate = new Lock();
await using var spool = await SqliteSpool.OpenAsync(new SqliteSpoolOptions { DataFolder = args[0] }, TimeProvider.System, NullLoggerFactory.Instance);
var owner = await spool.ClaimAsync(7, "crash");
var sequence = 0L;
Acknowledge('R', 0);
await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(CommitForeverAsync)));

async Task CommitForeverAsync()
{
    while (true)
    {
        var n = Interlocked.Increment(ref sequence);
        var id = MessageId.Create(spool.Run, n, owner.Partition);
        await using var writer = spool.CreateContent();
        await writer.WriteAsync(Content(id.Value, n));
        await using var content = await writer.CompleteAsync();
        var envelope = new Envelope
        {
            ReversePath = ReversePath.Null,
            Recipients = [new Recipient(Mailbox.Parse("desk@headquarters.example")) { DuplicateKey = (ulong)id.Value }],
            ArrivedAt = TimeProvider.System.GetUtcNow(),
            Origin = new Origin { Listener = "relay" },
        };
        var accepted = await spool.CommitAsync(
            new SpoolOperation(owner)
            {
                Accept = [new NewMessage(id, envelope, default, content, string.Create(CultureInfo.InvariantCulture, $"<{id}@crash.example>"), RecipientState.Queued, null)],
                Audit = [new AuditEvent(envelope.ArrivedAt, AuditKind.Accepted, id)],
            },
            Precedence.Routine);
        if (!accepted.IsCommitted) throw new InvalidOperationException($"{accepted.Status}");
        Acknowledge('A', id.Value);
        if (n % 3 != 0) continue;
        await spool.CommitAsync(
            new SpoolOperation(owner)
            {
                Recipients = [new RecipientChange(id, 0, RecipientState.Delivered, 1)],
                Messages = [new MessageChange(id, MessageState.Done, DropContent: true)],
                Audit = [new AuditEvent(envelope.ArrivedAt, AuditKind.Delivered, id, 0)],
            },
            Precedence.Routine);
        Acknowledge('D', id.Value);
    }
}

static byte[] Content(long seed, long n)
{
    var octets = new byte[n % 25 == 0 ? 100_000 : 2_000];
    for (var i = 0; i < octets.Length; i++) octets[i] = (byte)(seed + i);
    return octets;
}

void Acknowledge(char what, long id)
{
    lock (outputGate)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what} {id}"));
        output.Flush();
    }
}
