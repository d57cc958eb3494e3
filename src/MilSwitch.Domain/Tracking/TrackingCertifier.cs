using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace MilSwitch.Domain.Tracking;

/// <summary>RFC 3885 §3.1: the SHA-1 of a secret. Who knows the secret may ask where the message is. Immutable, equal by its octets.</summary>
public sealed record TrackingCertifier
{
    private const int Octets = 20;

    private TrackingCertifier(string text) => Text = text;

    /// <summary>
    /// Base64 without its padding, 27 characters: that is what the RFC calls a 27 octet string, and <c>=</c> can't stand in the
    /// value of a parameter (RFC 5321 §4.1.2).
    /// </summary>
    public string Text { get; }

    /// <summary>Of a secret.</summary>
    [SuppressMessage("Security", "CA5350:Do Not Use Weak Cryptographic Algorithms", Justification = "RFC 3885 §3.1 names SHA-1 and no other; what counts here is that no secret is found for a hash, not that two collide.")]
    public static TrackingCertifier Of(ReadOnlySpan<byte> secret)
    {
        Span<byte> hash = stackalloc byte[Octets];
        SHA1.HashData(secret, hash);
        return new TrackingCertifier(Write(hash));
    }

    /// <summary>Reads base64 of 20 octets, with or without padding. Never throws.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, [NotNullWhen(true)] out TrackingCertifier? certifier)
    {
        Span<byte> octets = stackalloc byte[Octets];
        certifier = TrackingSecret.TryDecode(text, octets, out var length) && length == Octets ? new TrackingCertifier(Write(octets)) : null;
        return certifier is not null;
    }

    /// <summary>Compares in a time that does not depend on where the two differ.</summary>
    public bool IsProvedBy(TrackingCertifier other)
    {
        Span<byte> own = stackalloc byte[27], others = stackalloc byte[27];
        System.Text.Encoding.ASCII.GetBytes(Text, own);
        System.Text.Encoding.ASCII.GetBytes(other.Text, others);
        return CryptographicOperations.FixedTimeEquals(own, others);
    }

    public override string ToString() => Text;

    private static string Write(ReadOnlySpan<byte> hash) => Convert.ToBase64String(hash).TrimEnd('=');
}
