using System.Formats.Asn1;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Certificates;

namespace MilSwitch.Lookup.Service.Log;

/// <summary>
/// The log of issued proxy certificates: one JSON object a line, each with its number and the SHA-384 of the line before it,
/// so that nothing can be changed, taken out or put in between. That the end is missing shows only against a head or a
/// checkpoint that somebody else kept. Thread-safe.
/// </summary>
public static class ProxyLog
{
    /// <summary>Octets of a line.</summary>
    public const int LongestLine = 16_384;

    /// <summary>Reads a log to its end, or to the first line that is wrong.</summary>
    /// <param name="log">From its beginning. Stays the caller's.</param>
    /// <param name="signer">Whose checkpoints there are; null: their signatures are not verified, and all else is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<ProxyLogVerdict> VerifyAsync(Stream log, Certificate? signer = null, CancellationToken cancellationToken = default)
    {
        var key = signer?.ReadKey();
        var head = ProxyLogHead.Empty;
        var (octets, checkpoint, filled) = (0L, 0L, 0);
        var last = (Number: 0L, Signer: "");
        // One more than the longest, so that a longer one is seen.
        var buffer = new byte[LongestLine + 2];
        while (true)
        {
            var read = await log.ReadAsync(buffer.AsMemory(filled), cancellationToken).ConfigureAwait(false);
            filled += read;
            var start = 0;
            while (buffer.AsSpan(start, filled - start).IndexOf((byte)'\n') is var length and >= 0)
            {
                var line = buffer.AsMemory(start, length);
                if (Fault(line, head, signer, key, out var signature, out var verified) is { } fault) return Bad(fault);
                head = new ProxyLogHead(head.Number + 1, ProxyLogLine.Hash(line.Span));
                if (signature is not null) last = (head.Number, signature.Signer);
                if (verified) checkpoint = head.Number;
                octets += length + 1;
                start += length + 1;
            }

            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            filled -= start;
            if (filled == buffer.Length) return Bad("the line is too long");
            if (read is 0) return filled is 0 ? new ProxyLogVerdict(head, null, null, checkpoint) { Octets = octets, LastSigned = last } : Bad("the line has no end") with { IsTorn = true };
        }

        ProxyLogVerdict Bad(string fault) => new(head, head.Number + 1, fault, checkpoint) { Octets = octets, LastSigned = last };
    }

    private static string? Fault(ReadOnlyMemory<byte> octets, ProxyLogHead head, Certificate? signer, VerificationKey? key, out ProxyLogSignature? signature, out bool verified)
    {
        (signature, verified) = (null, false);
        if (octets.Length > LongestLine) return "the line is too long";
        if (ProxyLogLine.Read(octets.Span) is not { } line) return "this is no line of a log";
        if (line.Number != head.Number + 1) return "the number does not follow the one before";
        if (line.Previous != head.Hash) return "the line before it is not the one that was there";
        signature = line.Checkpoint;
        if (signature is not { } checkpoint || signer is null) return null;
        if (checkpoint.Signer != signer.Thumbprint) return "another signer's checkpoint";
        verified = key is not null && Verifies(line, checkpoint, key);
        return verified ? null : "the checkpoint's signature does not verify";
    }

    private static bool Verifies(ProxyLogLine line, ProxyLogSignature checkpoint, VerificationKey key)
    {
        try
        {
            var algorithm = AlgorithmIdentifier.Read(new AsnReader(checkpoint.Algorithm, AsnEncodingRules.DER));
            return SignatureScheme.Find(algorithm) is { } scheme && key.Fits(scheme) && (scheme.Digest is { } || scheme.SignsOctets)
                && key.Verify(scheme, scheme.Digest ?? DigestAlgorithm.Sha512, line.SignedOctets(), checkpoint.Signature.Span);
        }
        catch (AsnContentException)
        {
            return false;
        }
    }
}
