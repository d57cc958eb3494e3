using System.Collections.Immutable;
using System.Text;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Spool;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Inspection;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Making;
using MilSwitch.Smime.Protection;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Smime.Receipts;

/// <summary>Carries signed receipts across this gateway, with the keys of its configuration. Thread-safe.</summary>
public sealed class ReceiptRelay(KeyRing keys, TimeProvider time) : IReceiptRelay
{
    private const int MostTagOctets = 100;
    private const int MostOctets = 64 << 10;

    private readonly InspectionTable judging = new();
    private volatile KeyRing keys = keys;

    /// <summary>Finds keys under the names of <see cref="BoundaryOpening.ProxyAuthority"/>; null: nobody does.</summary>
    public IKeyNames? Names { get; init; }

    /// <summary>Knows who is revoked, beside what the settings hold; null: nobody does.</summary>
    public IFetchedStatus? Status { get; init; }

    /// <summary>Another configuration has other keys. Work under way ends with the ones that it began with.</summary>
    public void Use(KeyRing ring) => keys = ring;

    public ReceiptAsked? Read(RequestedReceipt requested, Func<string, bool> mayHear) => OriginalRequest.Read(requested, mayHear);

    public async ValueTask<ReceiptAsked?> ReadAsync(ReadOnlyMemory<byte> sent, ImmutableArray<string> keys, Precedence precedence, CancellationToken cancellationToken)
    {
        try
        {
            var ring = this.keys;
            return await OriginalRequest.ReadAsync(sent, [.. keys.Select(k => ring.Opening(k, precedence))], cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is KeyUnavailableException or NotSupportedException)
        {
            return null;
        }
    }

    public async ValueTask<ReadOnlyMemory<byte>> IdentifierAsync(ReadOnlyMemory<byte> receipt, CancellationToken cancellationToken) =>
        (await MessageProtector.VerifyReceiptAsync(receipt, [], [], OpeningOptions.Default, VerificationOptions.Default, [], cancellationToken).ConfigureAwait(false)).Receipt?.ContentIdentifier ?? default;

    public ReadOnlyMemory<byte> Request(string tag, string gateway, ReceiptAsked asked) => new ReceiptRequest
    {
        ContentIdentifier = Encoding.ASCII.GetBytes(tag),
        From = asked.From.IsDefaultOrEmpty ? ReceiptsFrom.All : ReceiptsFrom.Listed([.. asked.From.Select(GeneralNames.OfAddress)]),
        To = [GeneralNames.OfAddress(gateway)],
    }.Encode();

    public async ValueTask<ClaimedReceipt> TagAsync(ReadOnlyMemory<byte> receipt, BoundaryOpening opening, Precedence precedence, CancellationToken cancellationToken)
    {
        try
        {
            var openers = await OpenersAsync(receipt, opening, precedence, cancellationToken).ConfigureAwait(false);
            var read = await VerifyAsync(receipt, [], openers, OpeningOptions.Default, VerificationOptions.Default, [], cancellationToken).ConfigureAwait(false);
            return read.Receipt is { ContentIdentifier: { Length: > 0 and <= MostTagOctets } tag } && Ascii.IsValid(tag.Span)
                ? new ClaimedReceipt(ReceiptState.Good, Encoding.ASCII.GetString(tag.Span), "")
                : new ClaimedReceipt(ReceiptState.Bad, "", "it is no receipt that can be read here");
        }
        catch (Exception fault) when (fault is KeyUnavailableException or NotSupportedException)
        {
            // Not supported: a token that does not do what its key was configured for.
            return new ClaimedReceipt(ReceiptState.Unavailable, "", fault.Message);
        }
    }

    public async ValueTask<ReceiptJudgement> JudgeAsync(
        ReadOnlyMemory<byte> receipt, ReceiptAsked asked, BoundaryOpening opening, IReadOnlyCollection<string> recipients, Precedence precedence, CancellationToken cancellationToken)
    {
        try
        {
            var openers = await OpenersAsync(receipt, opening, precedence, cancellationToken).ConfigureAwait(false);
            var options = judging.For(opening.Trust, Status.Of(opening.Home), time.GetUtcNow(), [], 0);
            var verification = new VerificationOptions { Suite = options.Suite, WithoutAttributes = options.Suite == AlgorithmSuite.Legacy };
            ReadOnlyMemory<byte>[] certificates = [.. options.Trust.Intermediates.Select(c => c.Encoded)];
            var verified = await VerifyAsync(
                receipt, [.. asked.Sent.Select(SentEvidence.Read)], openers, options.Opening, verification, certificates, cancellationToken).ConfigureAwait(false);
            if (!verified.IsGood) return Bad(verified.Reasons);
            var carried = verified.Signers.Select(s => Certificate.Read(s.Certificate.ToArray())).ToArray();
            var path = new PathOptions
            {
                Trust = options.Trust, At = options.At, MessageCertificates = carried, Purpose = PathPurpose.Sign, Revocation = options.Revocation, Suite = options.Suite,
            };
            if (carried.Select(c => options.Judge(c, path)).FirstOrDefault(v => !v.IsValid) is { } fault) return Bad(fault.Reasons);
            // Each signer has to be somebody who was asked: one more would be somebody else.
            var whose = carried.Select(c => recipients.FirstOrDefault(r => IsFor(c, r))).ToArray();
            var judged = whose.All(w => w is not null) ? new ReceiptJudgement(ReceiptState.Good, "", whose[^1]!, verified.Octets)
                : carried is [var authority] ? Relayed(authority, verified, opening, recipients)
                : null;
            if (judged is null) return Bad([Reason.SignerMismatch]);
            // It goes to the originator as it came: what carries more than a signature does is something else.
            return verified.Octets.Length > MostOctets ? Bad([Reason.TooLarge]) : judged;
        }
        catch (Exception fault) when (fault is KeyUnavailableException or NotSupportedException)
        {
            return new ReceiptJudgement(ReceiptState.Unavailable, fault.Message, "", default);
        }
        catch (CmsFormatException)
        {
            return Bad([Reason.Malformed]);
        }
    }

    public async ValueTask<DepartureOutcome> MakeAsync(
        ReceiptAsked asked, AcknowledgmentGrade grade, ReceiptJudgement? downstream, RelayedReceiptSettings settings, Precedence precedence, CancellationToken cancellationToken)
    {
        if ((grade is AcknowledgmentGrade.RecipientVerified) != (downstream is { State: ReceiptState.Good })) throw new ArgumentException("only what the recipient signed is verified", nameof(downstream));
        try
        {
            var now = time.GetUtcNow();
            var signer = keys.Signer(settings.Signing.Key, DepartureSignature.Digest(settings.Signing.Digest), precedence);
            var receipt = await RelayedReceipt.SignAsync(asked, grade, settings.Recipient, signer, now, AlgorithmSuite.Default, cancellationToken).ConfigureAwait(false);
            return new DepartureOutcome.Protected(
                RelayedReceipt.Write(asked, grade, receipt, downstream?.Octets ?? default, downstream is { Gateway.Length: > 0 }, settings, now),
                [new ProtectionNote(AuditKind.Signed, $"{settings.Signing.Key}, receipt {grade.Keyword()}")]);
        }
        catch (KeyUnavailableException unavailable)
        {
            return new DepartureOutcome.Unavailable(unavailable.Message);
        }
        catch (Exception fault) when (fault is SigningRefusedException or NotSupportedException or ArgumentException)
        {
            // Arguments: an address that can't stand in a header.
            return new DepartureOutcome.Impossible(fault.Message, []);
        }
    }

    private async ValueTask<IReadOnlyList<IDecryptionKey>> OpenersAsync(ReadOnlyMemory<byte> receipt, BoundaryOpening opening, Precedence precedence, CancellationToken cancellationToken)
    {
        var ring = keys;
        IReadOnlyList<IDecryptionKey> openers = [.. opening.Keys.Select(k => ring.Opening(k, precedence))];
        return Names is null || opening.ProxyAuthority.IsEmpty ? openers : [.. openers, .. await Names.ForAsync(receipt, opening.ProxyAuthority, openers, cancellationToken).ConfigureAwait(false)];
    }

    // A receipt by itself, or in the message of a gateway that relays it.
    private static async ValueTask<ReceiptVerification> VerifyAsync(
        ReadOnlyMemory<byte> receipt, IReadOnlyList<ReceiptEvidence> evidence, IReadOnlyList<IDecryptionKey> openers, OpeningOptions opening, VerificationOptions verification,
        IReadOnlyList<ReadOnlyMemory<byte>> certificates, CancellationToken cancellationToken)
    {
        var whole = await MessageProtector.VerifyReceiptAsync(receipt, evidence, openers, opening, verification, certificates, cancellationToken).ConfigureAwait(false);
        return whole.Receipt is null && await RelayedReceipt.FindAsync(receipt, openers, opening, cancellationToken).ConfigureAwait(false) is { } relayed
            ? await MessageProtector.VerifyReceiptAsync(relayed, evidence, openers, opening, verification, certificates, cancellationToken).ConfigureAwait(false)
            : whole;
    }

    // A gateway beyond, as far as its domain may speak for the recipient (RFC 3183 §3.1.1); which of them it means is under its signature.
    private static ReceiptJudgement? Relayed(Certificate authority, ReceiptVerification verified, BoundaryOpening opening, IReadOnlyCollection<string> recipients)
    {
        if (!opening.Signers.HasFlag(SignerRole.Domain) || RelayedReceipt.Said(verified.Signers[0].Signer) is not { } said || !Mailbox.TryParse(said.Recipient, allowUtf8: true, out var about, out _)) return null;
        if (!AuthorityToSign.IsGiven(authority, SignerRole.Domain, about, opening.SignerNaming, opening.SignerDomains)) return null;
        return recipients.FirstOrDefault(r => Mailbox.TryParse(r, allowUtf8: true, out var one, out _) && one == about) is not { } recipient ? null
            : new ReceiptJudgement(ReceiptState.Good, "", recipient, verified.Octets) { Grade = said.Grade, Gateway = authority.MailAddresses.FirstOrDefault() ?? authority.Subject.ToString() };
    }

    private static bool IsFor(Certificate certificate, string recipient) =>
        MailAddress.TryRead(recipient, out var address) && certificate.MailAddresses.Any(a => MailAddress.TryRead(a, out var own) && own == address);

    private static ReceiptJudgement Bad(IReadOnlyList<Reason> reasons) => new(ReceiptState.Bad, string.Join(", ", reasons.Select(r => r.Text())), "", default);
}
