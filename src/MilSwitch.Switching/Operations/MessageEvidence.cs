using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Switching.Operations;

/// <summary>What the store keeps about the passages of messages: decisions, custody, approvals; and all of it as files. Thread-safe.</summary>
internal sealed class MessageEvidence(SwitchRuntime runtime)
{
    private ISpool Spool => runtime.Spool;

    public async ValueTask<MessageDecisions?> DecisionsAsync(MessageId id, CancellationToken cancellationToken)
    {
        if (await Spool.ReadAsync(id, cancellationToken).ConfigureAwait(false) is not { } stored) return null;
        return new MessageDecisions(
            id, stored.Envelope, await PassagesAsync(Spool, id, cancellationToken).ConfigureAwait(false), await ApprovalsAsync(Spool, id, cancellationToken).ConfigureAwait(false));
    }

    public async ValueTask<MessageCustody?> CustodyAsync(MessageId id, CancellationToken cancellationToken) =>
        await Spool.ReadAsync(id, cancellationToken).ConfigureAwait(false) is null ? null : new MessageCustody(id, await ChainAsync(id, cancellationToken).ConfigureAwait(false));

    public async ValueTask<CustodyExport?> ExportAsync(MessageId id, OperatorIdentity who, CancellationToken cancellationToken)
    {
        if (await Spool.ReadAsync(id, cancellationToken).ConfigureAwait(false) is not { } stored) return null;
        await RecordAsync(stored, who, cancellationToken).ConfigureAwait(false);
        var passages = await PassagesAsync(Spool, id, cancellationToken).ConfigureAwait(false);
        var chain = await ChainAsync(id, cancellationToken).ConfigureAwait(false);
        var audit = await Spool.ReadAuditAsync(id, cancellationToken).ConfigureAwait(false);
        var files = ImmutableArray.CreateBuilder<EvidenceFile>();
        files.Add(File("custody.json", BoundaryDocuments.Write(chain)));
        files.Add(File("decisions.json", BoundaryDocuments.Write(passages)));
        files.Add(File("audit.json", AuditJson.Write(audit)));
        try
        {
            await AddAsync("original.eml", id).ConfigureAwait(false);
            foreach (var released in passages.Select(p => p.Released).Where(r => r.Length > 0).Distinct(StringComparer.Ordinal))
            {
                if (MessageId.TryParse(released, out var other)) await AddAsync($"released-{other}.eml", other).ConfigureAwait(false);
            }
        }
        catch
        {
            await new CustodyExport(files.ToImmutable()).DisposeAsync().ConfigureAwait(false);
            throw;
        }

        return new CustodyExport(files.ToImmutable());

        async ValueTask AddAsync(string name, MessageId message)
        {
            // Read twice: what is signed is known before anything is given.
            if (await Spool.OpenContentAsync(message, cancellationToken).ConfigureAwait(false) is not { } first) return;
            string digest;
            await using (first.ConfigureAwait(false)) digest = await DigestAsync(first, cancellationToken).ConfigureAwait(false);
            if (await Spool.OpenContentAsync(message, cancellationToken).ConfigureAwait(false) is { } content) files.Add(new EvidenceFile(name, digest, content));
        }

        static EvidenceFile File(string name, string text)
        {
            var octets = Encoding.UTF8.GetBytes(text);
            return new EvidenceFile(name, CustodyChain.Digest(octets), ContentReader.Of(octets));
        }
    }

    private static async ValueTask<string> DigestAsync(ContentReader content, CancellationToken cancellationToken)
    {
        if (content.Inline is { } inline) return CustodyChain.Digest(inline);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA384);
        var buffer = new byte[64 << 10];
        while (await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var count) hash.AppendData(buffer, 0, count);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public static async ValueTask<ImmutableArray<CrossingRecord>> PassagesAsync(ISpool spool, MessageId id, CancellationToken cancellationToken) =>
        await ReadAsync(spool, BoundaryDocuments.Decisions, id, cancellationToken).ConfigureAwait(false) is { } json ? BoundaryDocuments.ReadDecisions(json) : [];

    public static async ValueTask<ImmutableArray<BoundaryApproval>> ApprovalsAsync(ISpool spool, MessageId id, CancellationToken cancellationToken) =>
        await ReadAsync(spool, BoundaryDocuments.Approvals, id, cancellationToken).ConfigureAwait(false) is { } json ? BoundaryDocuments.ReadApprovals(json) : [];

    private async ValueTask<ImmutableArray<CustodyRecord>> ChainAsync(MessageId id, CancellationToken cancellationToken) =>
        await ReadAsync(Spool, BoundaryDocuments.Custody, id, cancellationToken).ConfigureAwait(false) is { } json ? BoundaryDocuments.ReadCustody(json) : [];

    private static ValueTask<string?> ReadAsync(ISpool spool, string kind, MessageId id, CancellationToken cancellationToken) =>
        spool.ReadDocumentAsync(kind, id.ToString(), cancellationToken);

    // Seen is recorded before it is shown, and stands among the exported events.
    private async ValueTask RecordAsync(StoredMessage stored, OperatorIdentity who, CancellationToken cancellationToken)
    {
        ImmutableArray<AuditEvent> audit = [new AuditEvent(runtime.Now, AuditKind.Viewed, stored.Id, -1, $"evidence exported, {who.Via}", who.Name)];
        if (await runtime.TryRecordAsync(stored.Id, audit, Precedence.Routine, cancellationToken).ConfigureAwait(false) is not { } result) throw new SpoolUnavailableException(SpoolHealth.Unwritable);
        if (!result.IsCommitted) throw new SpoolUnavailableException(result.Status is CommitStatus.Full ? SpoolHealth.Full : SpoolHealth.Unwritable);
        runtime.Events.Committed(audit, stored.Envelope.Precedence);
    }
}
