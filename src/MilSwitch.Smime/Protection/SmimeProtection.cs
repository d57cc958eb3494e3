using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Spool;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Inspection;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Making;
using MilSwitch.Smime.Receipts;

namespace MilSwitch.Smime.Protection;

/// <summary>Protects the messages of a switch by S/MIME, with the keys of its configuration. Thread-safe.</summary>
/// <param name="keys">Of the configuration.</param>
/// <param name="time">The clock.</param>
/// <param name="certificates">Finds certificates of recipients where settings ask for it; null: nobody does.</param>
/// <param name="harvest">Keeps what came with signatures; null: nobody does.</param>
public sealed class SmimeProtection(KeyRing keys, TimeProvider time, IRecipientCertificates? certificates = null, ICertificateHarvest? harvest = null) : IMessageProtection
{
    // What settings say is read once; they live as long as the configuration that holds them.
    private readonly InspectionTable judging = new();
    private readonly RecipientTable recipientTable = new(certificates, time);
    private volatile KeyRing keys = keys;

    /// <summary>Knows who is revoked, beside what the settings hold; null: nobody does.</summary>
    public IFetchedStatus? Status { get; init; }

    /// <summary>Another configuration has other keys. Work under way ends with the ones that it began with.</summary>
    public void Use(KeyRing ring) => keys = ring;

    public async ValueTask<ArrivalOutcome> ExamineAsync(ReadOnlyMemory<byte> content, ArrivalProtection settings, Precedence precedence, CancellationToken cancellationToken)
    {
        try
        {
            var ring = keys;
            IDecryptionKey[] openers = [.. settings.Keys.Select(k => ring.Opening(k, precedence))];
            var options = judging.For(settings.Trust, Status.Of(settings.Home), time.GetUtcNow(), openers, content.Length);
            using var inspection = await MessageInspector.InspectAsync(content, options, cancellationToken).ConfigureAwait(false);
            var notes = ImmutableArray.CreateBuilder<ProtectionNote>(2);
            var result = SignatureResult.Of(inspection);
            var labels = settings.ReadLabels ? inspection.SignedLabels : [];
            ReadOnlyMemory<byte>? opened = null;
            if (openers.Length > 0 && inspection.Walk is { IsEncrypted: true })
            {
                using var decrypted = await MessageProtector.DecryptAsync(content, openers, options.Opening, DecryptionExtent.Encryption, cancellationToken).ConfigureAwait(false);
                if (decrypted.Outcome is DecryptionOutcome.Opened && (decrypted.IsAuthenticated || result.IsPass))
                {
                    opened = decrypted.Message.ToArray();
                    notes.Add(new ProtectionNote(AuditKind.Decrypted, Ciphers(decrypted)));
                }
                else
                {
                    // Whoever changed an unauthenticated ciphertext learns from nothing that is said here whether it opened (threats C8, C9).
                    if (!result.IsPass) (result, labels) = (SignatureResult.Closed, []);
                    notes.Add(new ProtectionNote(AuditKind.Decrypted, "left as it came: " + (decrypted.Text ?? "its encryption is not authenticated, and no signature inside is to be believed")));
                }
            }

            if (!settings.Verify) return new ArrivalOutcome.Accepted(default, opened, notes.ToImmutable()) { Labels = labels };
            // What is closed, or must not be known to have opened, tells nothing here either.
            if (!result.IsUnsigned && (opened is not null || inspection.Walk is not { IsEncrypted: true })) Harvester.Offer(inspection.RootLayers, inspection.Identity.From, settings.Home, result.IsPass, harvest);
            notes.Insert(0, new ProtectionNote(AuditKind.Verified, result.Reason.Length is 0 ? result.Word : $"{result.Word}: {result.Reason}"));
            // An encrypted message that does not open might hold a signature: it is none that anybody here can believe.
            if (settings.RefuseUnsigned && result.IsUnsigned) return new ArrivalOutcome.Refused(Refusal.SignatureRequired, $"smime={result.Word}");
            if (settings.RefuseInvalid && !result.IsPass && !result.IsUnsigned) return new ArrivalOutcome.Refused(Refusal.SignatureInvalid, $"smime={result.Word} {result.Reason}");
            return new ArrivalOutcome.Accepted(result.Write(settings.AuthservId), opened, notes.ToImmutable()) { Labels = labels };
        }
        catch (KeyUnavailableException unavailable)
        {
            return new ArrivalOutcome.Unavailable(unavailable.Message);
        }
        catch (NotSupportedException fault)
        {
            // A token that does not do what its key was configured for: nothing is accepted half examined.
            return new ArrivalOutcome.Unavailable(fault.Message);
        }
    }

    public async ValueTask<DepartureOutcome> ProtectAsync(
        ReadOnlyMemory<byte> content, DepartureProtection settings, ImmutableArray<Mailbox> recipients, DepartureLabels? labels, Precedence precedence, CancellationToken cancellationToken)
    {
        try
        {
            var ring = keys;
            var notes = ImmutableArray.CreateBuilder<ProtectionNote>(3);
            var message = content;
            if (!settings.Keys.IsEmpty)
            {
                var (opened, never) = await OpenAsync(content, settings, ring, precedence, notes, cancellationToken).ConfigureAwait(false);
                if (never is not null) return new DepartureOutcome.Impossible(never, []);
                message = opened;
            }

            var now = time.GetUtcNow();
            EncryptionSettings? encryption = null;
            ImmutableArray<ProtectionNote> found = [];
            if (settings.Encrypt is { } order)
            {
                var chosen = await recipientTable.ChooseAsync(order, recipients, now, cancellationToken).ConfigureAwait(false);
                if (chosen.Refusal is { } refusal) return refusal;
                encryption = Encryption(order, chosen.To);
                found = chosen.Notes;
            }

            if (settings.Kept is { Signed.IsEmpty: false } kept)
            {
                if (kept.MustEncrypt && encryption is null) return new DepartureOutcome.Impossible("something inside of the signatures that are kept is encrypted, and nothing here encrypts (RFC 3183 §5)", []);
                message = KeptSignatures.PutBack(message, kept);
            }

            if (settings.Sign is { Countersigns: true } counter && encryption is null && await CountersignedAsync(message, counter, ring, precedence, now, cancellationToken).ConfigureAwait(false) is { } countersigned)
                return new DepartureOutcome.Protected(countersigned, notes.ToImmutable().Add(new ProtectionNote(AuditKind.Signed, $"{counter.Key}, countersigned")));
            DepartureSigning[] signing = [.. settings.Sign?.InOrder() ?? []];
            // One content has one copy of the header, which the outermost signature's settings say.
            var least = settings.Sign is { HeaderProtection: not HeaderProtection.None } last ? DepartureSignature.Scheme(last.HeaderProtection) : encryption?.HeaderProtection ?? ProtectionScheme.None;
            SignatureSettings[] signatures = [.. signing.Select(s => DepartureSignature.Of(s, ring, least, labels, precedence, now))];
            ImmutableArray<SentReceiptEvidence> sent = [];
            if (signatures is [{ ReceiptRequest: not null } innermost, ..]) signatures[0] = innermost with { Requested = evidence => sent = [.. evidence.Select(SentEvidence.Of)] };
            var encapsulates = settings.Sign is { Encapsulates: true };
            var made = (signatures, encryption) switch
            {
                ([_, ..], _) when encapsulates || signatures.Length > 1 || settings.Kept is not null =>
                    await DomainSigning.ProtectAsync(message, signatures, encapsulates, encryption, cancellationToken).ConfigureAwait(false),
                ([var s], { } e) => await MessageProtector.SignAndEncryptAsync(message, s, e, cancellationToken).ConfigureAwait(false),
                ([var s], null) => await MessageProtector.SignAsync(message, s, cancellationToken).ConfigureAwait(false),
                (_, { } e) => await MessageProtector.EncryptAsync(message, e, cancellationToken).ConfigureAwait(false),
                _ => new ReadOnlySequence<byte>(message),
            };
            if (settings.Expansion is { } expansion)
            {
                var agent = KeptSignatures.Expanding(DepartureSignature.Of(expansion.Sign, ring, ProtectionScheme.None, labels, precedence, now), settings.Kept, expansion, now);
                made = await MessageProtector.SignAsync(made.ToArray(), agent, cancellationToken).ConfigureAwait(false);
                notes.Add(new ProtectionNote(AuditKind.Signed, $"{expansion.Sign.Key}, {agent.Signers[0].Digest.Name}, list {agent.ExpansionHistory.Count} of its history"));
            }
            else if (settings.Kept is { ExpansionHistory.IsEmpty: false } expanded && signatures.Length > 0)
                made = await MessageProtector.SignAsync(made.ToArray(), KeptSignatures.WithHistory(signatures[^1], expanded), cancellationToken).ConfigureAwait(false);
            foreach (var (s, signature) in signing.Zip(signatures)) notes.Add(new ProtectionNote(AuditKind.Signed, $"{s.Key}, {signature.Signers[0].Digest.Name}"));
            if (encryption is not null) notes.Add(new ProtectionNote(AuditKind.Encrypted, string.Create(CultureInfo.InvariantCulture, $"{settings.Encrypt!.Content}, {encryption.Recipients.Count} recipients")));
            notes.AddRange(found);
            // The caller's octets end with this task.
            return new DepartureOutcome.Protected(made.ToArray(), notes.ToImmutable()) { Sent = sent };
        }
        catch (KeyUnavailableException unavailable)
        {
            return new DepartureOutcome.Unavailable(unavailable.Message);
        }
        catch (Exception fault) when (fault is MakingRefusedException or SigningRefusedException or NotSupportedException)
        {
            return new DepartureOutcome.Impossible(fault.Message, []);
        }
    }

    // Null: nobody signed it at its root.
    private static async ValueTask<ReadOnlyMemory<byte>?> CountersignedAsync(
        ReadOnlyMemory<byte> message, DepartureSigning sign, KeyRing ring, Precedence precedence, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (!MessageProtector.IsSigned(message)) return null;
        var settings = new CountersignatureSettings { Signer = ring.Signer(sign.Key, DepartureSignature.Digest(sign.Digest), precedence), SigningTime = now };
        return (await MessageProtector.CountersignAsync(message, settings, cancellationToken).ConfigureAwait(false)).ToArray();
    }

    // What is for others only, or not encrypted at all, leaves as it came; what is for us and does not open waits for a person.
    private async ValueTask<(ReadOnlyMemory<byte> Message, string? Never)> OpenAsync(
        ReadOnlyMemory<byte> content, DepartureProtection settings, KeyRing ring, Precedence precedence, ImmutableArray<ProtectionNote>.Builder notes, CancellationToken cancellationToken)
    {
        IDecryptionKey[] openers = [.. settings.Keys.Select(k => ring.Opening(k, precedence))];
        using var decrypted = await MessageProtector.DecryptAsync(content, openers, OpeningOptions.Default, DecryptionExtent.Encryption, cancellationToken).ConfigureAwait(false);
        switch (decrypted.Outcome)
        {
            case DecryptionOutcome.NotEncrypted or DecryptionOutcome.NoKey:
                return (content, null);
            case DecryptionOutcome.Opened when decrypted.IsAuthenticated:
                notes.Add(new ProtectionNote(AuditKind.Decrypted, Ciphers(decrypted)));
                return (decrypted.Message.ToArray(), null);
            default:
                // One text whether it opened or not: anybody on the way may have changed what carries no code (threats C8, C9).
                return (content, "the message is encrypted for this switch and is not opened: it does not open, or its encryption is not authenticated");
        }
    }

    private static EncryptionSettings Encryption(DepartureEncryption order, IReadOnlyList<EnvelopedRecipient> recipients)
    {
        var policy = HeaderConfidentialityPolicy.All.First(p => p.Name == order.HeaderPolicy);
        return new EncryptionSettings
        {
            Recipients = recipients,
            Sealing = SealingOptions.Default with
            {
                Cipher = order.Content switch
                {
                    "aes128-gcm" => ContentCipherChoice.Aes128Gcm,
                    "aes256-cbc" => ContentCipherChoice.Aes256Cbc,
                    _ => ContentCipherChoice.Aes256Gcm,
                },
            },
            HeaderPolicy = policy,
            HeaderProtection = DepartureSignature.Scheme(order.HeaderProtection),
        };
    }

    private static string Ciphers(DecryptedMessage decrypted) =>
        string.Join(", ", decrypted.Removed.Select(l => l.RecipientId is null ? l.Type.ToString().ToLowerInvariant() : $"{l.RecipientKind} {l.RecipientId}"));
}
