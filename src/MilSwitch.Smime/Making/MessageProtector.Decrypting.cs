using System.Buffers;
using System.Collections.Immutable;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Making;

/// <content>Taking encryption off.</content>
public static partial class MessageProtector
{
    /// <summary>
    /// Takes the encryption off a message. Protected header fields come to stand where they belong (RFC 9788 §4.5), as they
    /// would be rendered; no signature is judged.
    /// </summary>
    /// <param name="message">All of it, header and body.</param>
    /// <param name="keys">Ours; only recipients that name one of their certificates are tried.</param>
    /// <param name="options">What is acceptable, and other secrets.</param>
    /// <param name="extent">How much is taken off.</param>
    /// <param name="cancellationToken">Gives up waiting for keys.</param>
    /// <returns>Octets of others are an outcome, never an exception. The caller disposes it.</returns>
    /// <exception cref="KeyUnavailableException">A key can't be used now, and no other opened the message.</exception>
    public static async ValueTask<DecryptedMessage> DecryptAsync(
        ReadOnlyMemory<byte> message, IReadOnlyList<IDecryptionKey> keys, OpeningOptions options, DecryptionExtent extent = DecryptionExtent.Encryption, CancellationToken cancellationToken = default)
    {
        var collector = new LayerCollector(keys, options);
        DecryptedMessage? result = null;
        try
        {
            var walk = await LayerWalk.WalkAsync(message, collector, ProtectionSource.Budget(message.Length), cancellationToken).ConfigureAwait(false);
            result = Decrypted(walk, collector, extent);
            return result;
        }
        finally
        {
            // What did not open holds nothing on to its buffers.
            if (result?.Outcome is not DecryptionOutcome.Opened) collector.Dispose();
        }
    }

    private static DecryptedMessage Decrypted(LayerWalk walk, LayerCollector collector, DecryptionExtent extent)
    {
        var layers = walk.Layers.Where(l => l.IsAtRoot).ToArray();
        var first = Array.FindIndex(layers, l => l.Type is LayerType.Encrypted or LayerType.AuthEncrypted);
        if (first < 0) return new DecryptedMessage(OutcomeWithoutLayer(walk, layers));
        var last = extent is DecryptionExtent.Everything ? layers.Length - 1 : first;
        foreach (var layer in layers[first..])
        {
            if (collector[layer]?.Opened is { Outcome: not OpeningOutcome.Opened and var outcome } && (layer == layers[first] || extent is DecryptionExtent.Everything))
                return new DecryptedMessage(OutcomeOf(outcome));
        }

        // What is wrong inside of encryption must look like any other failure to open it.
        var under = last + 1 < layers.Length ? layers[last + 1].Entity : walk.Payload;
        if (under is null || (walk.Fault is not MimeFault.None && under == walk.Payload)) return new DecryptedMessage(DecryptionOutcome.DecryptFailed);
        var payload = walk.Fault is MimeFault.None ? walk.Payload : null;
        var header = ProtectedHeaders.Read(walk.Root.Fields, payload, isSigned: false, isEncrypted: true);
        var removed = layers[..(last + 1)];
        return new DecryptedMessage(HeaderRestoration.Restore(walk.Root, under, payload, header), collector)
        {
            Removed = [.. removed.Select(l => Describe(l, collector[l]))],
            IsAuthenticated = removed.All(l => l.Type is not LayerType.Encrypted),
            HeaderProtection = header.Scheme,
            FromMismatch = header.FromMismatch,
        };
    }

    private static DecryptionOutcome OutcomeWithoutLayer(LayerWalk walk, Layer[] layers)
    {
        if (walk.Fault is not MimeFault.None) return DecryptionOutcome.Malformed;
        return layers is [.., { Type: LayerType.Malformed } broken] && SmimePart.Recognise(broken.Entity)?.Claim is SmimeClaim.EnvelopedData or SmimeClaim.AuthEnvelopedData
            ? DecryptionOutcome.Malformed
            : DecryptionOutcome.NotEncrypted;
    }

    private static DecryptionOutcome OutcomeOf(OpeningOutcome outcome) => outcome switch
    {
        OpeningOutcome.NoKey => DecryptionOutcome.NoKey,
        OpeningOutcome.Unsupported => DecryptionOutcome.Unsupported,
        OpeningOutcome.WeakAlgorithm => DecryptionOutcome.WeakAlgorithm,
        _ => DecryptionOutcome.DecryptFailed,
    };

    private static RemovedLayer Describe(Layer layer, CollectedLayer? collected)
    {
        var removed = new RemovedLayer(layer.Part, layer.Type);
        if (collected is not { Enveloped: { } enveloped, Opened: { } opened }) return removed;
        var recipient = enveloped.Recipients[opened.Recipient];
        return removed with { Cipher = enveloped.ContentEncryption.Algorithm, RecipientKind = recipient.Kind, RecipientId = recipient.Id };
    }
}
