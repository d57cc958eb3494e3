using System.Buffers;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Spool;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Inspection;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Making;
using MilSwitch.Smime.Protection;

namespace MilSwitch.Smime.Boundaries;

/// <summary>Opens messages at a boundary by S/MIME, with the keys of the configuration. Thread-safe.</summary>
public sealed class SmimeBoundary(KeyRing keys, TimeProvider time) : IBoundaryProtection
{
    private readonly InspectionTable judging = new();
    private volatile KeyRing keys = keys;

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
                using var outside = await InspectAsync(content, settings, at, [], cancellationToken).ConfigureAwait(false);
                var opening = new MessageOpening(content, settings, outside);
                if (settings.Keys.IsDefaultOrEmpty || !opening.IsEncrypted || (settings.KeepsInner && opening.IsWrapped)) return Read(opening.Conclude(), outside, settings);
            }

            IDecryptionKey[] openers = settings.Keys.IsDefaultOrEmpty ? [] : [.. settings.Keys.Select(k => ring.Opener(k, precedence))];
            using var inside = await InspectAsync(content, settings, at, openers, cancellationToken).ConfigureAwait(false);
            return Read(new MessageOpening(content, settings, inside).Conclude(), inside, settings);
        }
        catch (Exception fault) when (fault is KeyUnavailableException or NotSupportedException)
        {
            // Not supported: a token that does not do what its key was configured for.
            return new OpeningOutcome.Unavailable(fault.Message);
        }
    }

    public async ValueTask<DepartureOutcome> WrapAgainAsync(
        ReadOnlyMemory<byte> content, DepartureSigning signing, DepartureLabels? labels, Precedence precedence, CancellationToken cancellationToken)
    {
        try
        {
            var message = ProtectionSource.Read(content);
            if (!ProtectionSource.IsProtected(message)) return new DepartureOutcome.Impossible("there is no inner layer that an outer signature could be put around", []);
            var settings = DepartureSignature.Of(signing, keys, protectsHeader: false, labels, precedence, time.GetUtcNow());
            var made = await MessageProtector.SignAsync(message, settings, cancellationToken).ConfigureAwait(false);
            // The caller's octets end with this task.
            return new DepartureOutcome.Protected(made.ToArray(), [new ProtectionNote(AuditKind.Signed, $"{signing.Key}, {settings.Signers[0].Digest.Name}, around what was kept")]);
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

    // What stays closed leaves as it came, and the inspection may know more of it than may be told (threats C8, C9).
    private static OpeningOutcome.Read Read(OpenedMessage opened, InspectionResult inspection, BoundaryOpening settings) => new(
        opened is { Signature.State: SignatureState.Good, Encryption: not (EncryptionState.Closed or EncryptionState.ForOthers) } && settings.AuthservId.Length > 0 ? opened with { Result = SignatureResult.Of(inspection).Write(settings.AuthservId) } : opened);

    private Task<InspectionResult> InspectAsync(ReadOnlyMemory<byte> content, BoundaryOpening settings, DateTimeOffset at, IReadOnlyList<IDecryptionKey> openers, CancellationToken cancellationToken) =>
        MessageInspector.InspectAsync(content, judging.For(settings.Trust, at, openers, content.Length), cancellationToken);
}
