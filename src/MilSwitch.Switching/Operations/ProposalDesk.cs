using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Switching.Operations;

/// <summary>
/// Proposals as documents of the store. What was proposed is done by whoever takes the document from open to approved, so that
/// of several who approve at the same time one has it done. Thread-safe.
/// </summary>
/// <param name="spool">Null: without a store nothing can wait for a second person, and what needs one is refused.</param>
/// <param name="control">For the audit trail.</param>
/// <param name="policy">Null: nothing needs two persons.</param>
/// <param name="time">The clock.</param>
public sealed class ProposalDesk(ISpool? spool, ISwitchControl control, ITwoPersonPolicy? policy, TimeProvider time) : IProposalDesk
{
    private const string Kind = "proposal";
    private const int MostOpen = 200;
    private const int LongestReason = 1_000;

    private static readonly TimeSpan Life = TimeSpan.FromHours(1);
    private static readonly TimeSpan Memory = TimeSpan.FromDays(7);

    private readonly ConcurrentDictionary<string, Func<string, OperatorIdentity, CancellationToken, Task<string>>> performers = new(StringComparer.Ordinal);

    private ISpool Store => spool ?? throw new SpoolUnavailableException(SpoolHealth.Unwritable);

    /// <summary>Says how an act is done once it is approved.</summary>
    /// <param name="form">Names the form of the request.</param>
    /// <param name="perform">Takes the request and both persons as one; the result is a text for the person.</param>
    public void Perform(string form, Func<string, OperatorIdentity, CancellationToken, Task<string>> perform) => performers[form] = perform;

    /// <summary>Whether any of these acts needs two persons.</summary>
    public bool NeedsTwo(params ReadOnlySpan<string> acts)
    {
        foreach (var act in acts)
        {
            if (policy?.NeedsTwo(act) is true) return true;
        }

        return false;
    }

    /// <summary>Records what somebody wants and throws <see cref="ApprovalNeededException"/>.</summary>
    /// <param name="act">One of <see cref="TwoPersonActs.All"/>.</param>
    /// <param name="form">As of <see cref="Perform"/>.</param>
    /// <param name="request">What is to be done.</param>
    /// <param name="text">For the person who approves.</param>
    /// <param name="right">What both must be allowed.</param>
    /// <param name="reason">Why.</param>
    /// <param name="who">Who wants it.</param>
    /// <param name="node">Where alone it can be done; null: on any node.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask ProposeAsync(
        string act, string form, string request, string text, OperatorRight right, string reason, OperatorIdentity who, string? node, CancellationToken cancellationToken)
    {
        who.Demand(right);
        var now = time.GetUtcNow();
        var open = 0;
        foreach (var (document, known) in await ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (now - known.Expires > Memory) await Store.RemoveDocumentAsync(Kind, document.Id, cancellationToken).ConfigureAwait(false);
            else if (StateOf(known) is ProposalState.Open) open++;
        }

        if (open >= MostOpen) throw new FormatException("too many proposals wait for a second person already");
        var proposal = new Proposal
        {
            Id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6)), Act = act, Text = text, Request = request, Digest = DigestOf(form, request), Right = right, Author = who.Name,
            Reason = reason, Created = now, Expires = now + Life, Node = node,
        };
        await RecordAsync(AuditKind.Proposed, $"{proposal.Id}: {text}: {reason}", who.Name).ConfigureAwait(false);
        if (!await Store.ExchangeDocumentAsync(Kind, proposal.Id, null, Write(new StoredProposal(form, proposal)), cancellationToken).ConfigureAwait(false)) throw new SpoolUnavailableException(Store.Health);
        throw new ApprovalNeededException(proposal);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Proposal>> ProposalsAsync(CancellationToken cancellationToken) => spool is null
        ? []
        : [.. (await ReadAsync(cancellationToken).ConfigureAwait(false)).Select(p => p.Proposal with { State = StateOf(p.Proposal) }).OrderByDescending(p => p.Created).ThenBy(p => p.Id, StringComparer.Ordinal)];

    /// <inheritdoc/>
    public async ValueTask<ProposalResult> ApproveAsync(string id, string reason, OperatorIdentity who, CancellationToken cancellationToken)
    {
        var (json, stored, refusal) = await FindAsync(id, reason, cancellationToken).ConfigureAwait(false);
        if (refusal is not null) return refusal;
        var proposal = stored!.Proposal;
        who.Demand(proposal.Right);
        // A name is a person, whatever way and however many times they came in.
        if (string.Equals(proposal.Author, who.Name, StringComparison.OrdinalIgnoreCase)) return new ProposalResult(ProposalOutcome.SamePerson, "it is your own proposal; another person has to approve it", proposal);
        if (proposal.Node is { } node && node != control.Current.Node) return new ProposalResult(ProposalOutcome.Conflict, $"it can be approved on node {node} alone", proposal);
        if (DigestOf(stored.Form, proposal.Request) != proposal.Digest || !performers.TryGetValue(stored.Form, out var perform)) return new ProposalResult(ProposalOutcome.Conflict, "it is not what was proposed, or this node can't do it", proposal);
        var approved = proposal with { State = ProposalState.Approved, DecidedBy = who.Name, DecidedBecause = reason, DecidedAt = time.GetUtcNow() };
        await RecordAsync(AuditKind.ProposalApproved, $"{id} of {proposal.Author}: {proposal.Text}: {reason}", who.Name).ConfigureAwait(false);
        var taken = Write(new StoredProposal(stored.Form, approved));
        if (!await Store.ExchangeDocumentAsync(Kind, id, json, taken, cancellationToken).ConfigureAwait(false)) return new ProposalResult(ProposalOutcome.Conflict, "somebody else has decided about it", proposal);
        // Whoever leaves now must find it done.
        var (text, isDone) = await DoAsync(perform, proposal, who).ConfigureAwait(false);
        approved = approved with { Outcome = text };
        await Store.ExchangeDocumentAsync(Kind, id, taken, Write(new StoredProposal(stored.Form, approved)), CancellationToken.None).ConfigureAwait(false);
        return new ProposalResult(isDone ? ProposalOutcome.Done : ProposalOutcome.Failed, text, approved);
    }

    /// <inheritdoc/>
    public async ValueTask<ProposalResult> RejectAsync(string id, string reason, OperatorIdentity who, CancellationToken cancellationToken)
    {
        var (json, stored, refusal) = await FindAsync(id, reason, cancellationToken).ConfigureAwait(false);
        if (refusal is not null) return refusal;
        who.Demand(stored!.Proposal.Right);
        var rejected = stored.Proposal with { State = ProposalState.Rejected, DecidedBy = who.Name, DecidedBecause = reason, DecidedAt = time.GetUtcNow() };
        await RecordAsync(AuditKind.ProposalRejected, $"{id} of {rejected.Author}: {rejected.Text}: {reason}", who.Name).ConfigureAwait(false);
        return await Store.ExchangeDocumentAsync(Kind, id, json, Write(stored with { Proposal = rejected }), cancellationToken).ConfigureAwait(false)
            ? new ProposalResult(ProposalOutcome.Done, "rejected", rejected)
            : new ProposalResult(ProposalOutcome.Conflict, "somebody else has decided about it", stored.Proposal);
    }

    private static async Task<(string Text, bool IsDone)> DoAsync(Func<string, OperatorIdentity, CancellationToken, Task<string>> perform, Proposal proposal, OperatorIdentity who)
    {
        try
        {
            return (await perform(proposal.Request, who with { Name = $"{proposal.Author}, {who.Name}", Session = null }, CancellationToken.None).ConfigureAwait(false), true);
        }
        catch (SpoolUnavailableException fault)
        {
            return ($"not done: {fault.Reason}", false);
        }
        catch (Exception fault) when (fault is FormatException or UnknownLinkException)
        {
            return ($"not done: {fault.Message}", false);
        }
    }

    private async ValueTask<(string? Json, StoredProposal? Stored, ProposalResult? Refusal)> FindAsync(string id, string reason, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(reason)) throw new FormatException("a reason is missing");
        if (reason.Length > LongestReason) throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"the reason has more than {LongestReason} characters"));
        var json = id.Length is 12 && id.All(char.IsAsciiHexDigitLower) ? await Store.ReadDocumentAsync(Kind, id, cancellationToken).ConfigureAwait(false) : null;
        if (Read(json) is not { } stored) return (null, null, new ProposalResult(ProposalOutcome.NotFound, "there is no such proposal"));
        return StateOf(stored.Proposal) switch
        {
            ProposalState.Open => (json, stored, null),
            ProposalState.Expired => (json, stored, new ProposalResult(ProposalOutcome.Conflict, "nobody decided about it in time", stored.Proposal with { State = ProposalState.Expired })),
            _ => (json, stored, new ProposalResult(ProposalOutcome.Conflict, $"{stored.Proposal.DecidedBy} has decided about it already", stored.Proposal)),
        };
    }

    private async ValueTask<IReadOnlyList<(StoredDocument Document, Proposal Proposal)>> ReadAsync(CancellationToken cancellationToken) =>
        [.. (await Store.ListDocumentsAsync(Kind, cancellationToken).ConfigureAwait(false)).Select(d => (d, Read(d.Json)?.Proposal)).Where(p => p.Proposal is not null).Select(p => (p.d, p.Proposal!))];

    private ProposalState StateOf(Proposal proposal) => proposal.State is ProposalState.Open && proposal.Expires <= time.GetUtcNow() ? ProposalState.Expired : proposal.State;

    private async ValueTask RecordAsync(AuditKind kind, string detail, string who)
    {
        if (!await control.RecordAsync(kind, detail, who).ConfigureAwait(false)) throw new SpoolUnavailableException(Store.Health);
    }

    private static string DigestOf(string form, string request) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{form}\n{request}")));

    private static string Write(StoredProposal proposal) => JsonSerializer.Serialize(proposal, ProposalJson.Default.StoredProposal);

    private static StoredProposal? Read(string? json)
    {
        try
        {
            return json is null ? null : JsonSerializer.Deserialize(json, ProposalJson.Default.StoredProposal);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <param name="Form">Who does it.</param>
internal sealed record StoredProposal(string Form, Proposal Proposal);

/// <summary>An act on messages, all of them named.</summary>
internal sealed record ProposedAct(MessageVerb Verb, IReadOnlyList<string> Ids, string? Link, string Reason);

/// <param name="Rule">As it is to be; null: it ends.</param>
/// <param name="Seen">As it was in force.</param>
internal sealed record ProposedOrder(OperatorRule? Rule, OperatorRule? Seen, string Reason);

internal sealed record ProposedPlan(string Plan, string Reason);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, Converters = [typeof(LinkNameConverter)])]
[JsonSerializable(typeof(StoredProposal))]
[JsonSerializable(typeof(ProposedAct))]
[JsonSerializable(typeof(ProposedOrder))]
[JsonSerializable(typeof(ProposedPlan))]
[JsonSerializable(typeof(OperatorRule))]
internal sealed partial class ProposalJson : JsonSerializerContext;
