using System.Buffers;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Spool;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Inspection;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Making;
using MilSwitch.Smime.Protection;

namespace MilSwitch.Smime.Boundaries;

/// <summary>Opens messages at a boundary by S/MIME, with the keys of the configuration. Thread-safe.</summary>
/// <param name="keys">To begin with.</param>
/// <param name="time">By which signatures are judged.</param>
public sealed class SmimeBoundary(KeyRing keys, TimeProvider time) : IBoundaryProtection
{
    private readonly InspectionTable judging = new();
    private volatile KeyRing keys = keys;

    /// <summary>Finds keys under the names of <see cref="BoundaryOpening.ProxyAuthority"/>; null: nobody does.</summary>
    public IKeyNames? Names { get; init; }

    /// <summary>Knows who is revoked, beside what the settings hold; null: nobody does.</summary>
    public IFetchedStatus? Status { get; init; }

    /// <summary>Keeps what came with signatures; null: nobody does.</summary>
    public ICertificateHarvest? Harvest { get; init; }

    /// <summary>Another configuration has other keys. Work under way ends with the ones that it began with.</summary>
    public void Use(KeyRing ring) => keys = ring;

    public async ValueTask<OpeningOutcome> OpenAsync(ReadOnlyMemory<byte> content, BoundaryOpening settings, Precedence precedence, CancellationToken cancellationToken)
    {
        try
        {
            var ring = keys;
            var at = time.GetUtcNow();
            if (settings.KeepsInner || (!settings.Keys.IsDefaultOrEmpty && !settings.Keys.All(ring.Has)))
            {
                // First without keys: what is kept is not opened, and what is not encrypted needs no key that is missing.
                using var outside = await LayersAsync(content, settings, at, [], cancellationToken).ConfigureAwait(false);
                var opening = new MessageOpening(content, settings, outside, ring);
                if (settings.Keys.IsDefaultOrEmpty || !opening.IsEncrypted || (settings.KeepsInner && opening.IsWrapped)) return Harvested(Read(opening, outside, settings), opening, outside, settings);
            }

            IReadOnlyList<IDecryptionKey> openers = settings.Keys.IsDefaultOrEmpty ? [] : [.. settings.Keys.Select(k => ring.Opener(k, precedence))];
            if (Names is not null && !settings.ProxyAuthority.IsEmpty)
                openers = [.. openers, .. await Names.ForAsync(content, settings.ProxyAuthority, openers, cancellationToken).ConfigureAwait(false)];
            using var inside = await LayersAsync(content, settings, at, openers, cancellationToken).ConfigureAwait(false);
            var conclusion = new MessageOpening(content, settings, inside, ring);
            return Harvested(Read(conclusion, inside, settings), conclusion, inside, settings);
        }
        catch (Exception fault) when (fault is KeyUnavailableException or NotSupportedException)
        {
            // Not supported: a token that does not do what its key was configured for.
            return new OpeningOutcome.Unavailable(fault.Message);
        }
    }

    public async ValueTask<DepartureOutcome> WrapAgainAsync(
        ReadOnlyMemory<byte> content, DepartureSigning signing, KeptLayers? kept, DepartureLabels? labels, Precedence precedence, CancellationToken cancellationToken)
    {
        try
        {
            var message = ProtectionSource.Read(content);
            if (!ProtectionSource.IsProtected(message)) return new DepartureOutcome.Impossible("there is no inner layer that an outer signature could be put around", []);
            DepartureSigning[] order = [.. signing.InOrder()];
            var now = time.GetUtcNow();
            var least = DepartureSignature.Scheme(signing.HeaderProtection);
            SignatureSettings[] settings = [.. order.Select(s => DepartureSignature.Of(s, keys, least, labels, precedence, now))];
            // Outside of the encryption a mailing list agent may take it off again: there is no other place (RFC 3183 §5).
            if (kept is { ExpansionHistory.IsEmpty: false }) settings[^1] = KeptSignatures.WithHistory(settings[^1], kept);
            var made = await DomainSigning.ProtectAsync(content, settings, encapsulates: false, encryption: null, cancellationToken).ConfigureAwait(false);
            // The caller's octets end with this task.
            return new DepartureOutcome.Protected(
                made.ToArray(), [.. order.Zip(settings, (o, s) => new ProtectionNote(AuditKind.Signed, $"{o.Key}, {s.Signers[0].Digest.Name}, around what was kept"))]);
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

    // What stays closed leaves as it came, and its layers may say more of it than may be told (threats C8, C9).
    private static OpeningOutcome.Read Read(MessageOpening opening, MessageLayers layers, BoundaryOpening settings)
    {
        var opened = opening.Conclude();
        var tells = opened is { Signature.State: SignatureState.Good, Encryption: not (EncryptionState.Closed or EncryptionState.ForOthers) } && settings.AuthservId.Length > 0;
        return new(tells && opening.Speaker is { Signer.Certificate: { } signer, Role: var role } ? opened with { Result = SignatureResult.Believed(layers.Walk, opening.From, signer, role).Write(settings.AuthservId) } : opened);
    }

    // As above: nothing of what stays closed is kept either.
    private OpeningOutcome.Read Harvested(OpeningOutcome.Read read, MessageOpening opening, MessageLayers layers, BoundaryOpening settings)
    {
        if (read.Message is { Fault: null, Encryption: EncryptionState.None or EncryptionState.Opened }) Harvester.Offer(layers.Root, opening.From, settings.Home, read.Message.Signature.State is SignatureState.Good, Harvest);
        return read;
    }

    private Task<MessageLayers> LayersAsync(ReadOnlyMemory<byte> content, BoundaryOpening settings, DateTimeOffset at, IReadOnlyList<IDecryptionKey> openers, CancellationToken cancellationToken) =>
        MessageInspector.OpenAsync(content, judging.For(settings.Trust, Status is not null && settings.Home is { } home ? Status.ListsOf(home) : [], at, openers, content.Length), cancellationToken);
}
