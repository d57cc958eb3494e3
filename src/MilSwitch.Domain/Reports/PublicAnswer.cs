using System.Collections.Immutable;
using MilSwitch.Domain.Delivery;

namespace MilSwitch.Domain.Reports;

/// <summary>
/// What the outside hears when a message is not taken on because of its protection: one code and one text whatever the cause,
/// at times that do not tell either, so that nobody can ask the switch whether a changed ciphertext opened (threats C8, C9).
/// The cause is in the trail.
/// </summary>
public static class PublicAnswer
{
    /// <summary>The same as for a label that may not cross: who is refused learns that much and no more.</summary>
    public static Reply Returned { get; } = new(554, new EnhancedStatusCode(5, 7, 1), "not permitted by security policy");

    /// <summary>Answers that are due because of protection wait for the next end of such a span, counted from when the message came.</summary>
    public static TimeSpan Span { get; } = TimeSpan.FromSeconds(5);

    /// <summary>Each cause with its answer.</summary>
    public static ImmutableArray<KeyValuePair<ProtectionFault, Reply>> All { get; } =
        [.. Enum.GetValues<ProtectionFault>().Select(f => KeyValuePair.Create(f, For(f)))];

    /// <summary>The answer to whoever sent a message with this fault.</summary>
    public static Reply For(ProtectionFault fault) => Enum.IsDefined(fault) ? Returned : throw new ArgumentOutOfRangeException(nameof(fault));

    /// <summary>When the answer may leave: the first end of a span that is not before now.</summary>
    /// <param name="arrived">When the message was accepted.</param>
    /// <param name="now">When it was decided.</param>
    public static DateTimeOffset At(DateTimeOffset arrived, DateTimeOffset now)
    {
        var spans = Math.Max(1, (now - arrived).Ticks / Span.Ticks + ((now - arrived).Ticks % Span.Ticks > 0 ? 1 : 0));
        return arrived + (Span * spans);
    }
}

/// <summary>What may be wrong with the protection of a message.</summary>
public enum ProtectionFault : byte
{
    /// <summary>It is not encrypted for this switch.</summary>
    NoKey,

    /// <summary>Its content key does not come out.</summary>
    KeyNotRecovered,

    /// <summary>It does not decrypt.</summary>
    NotDecrypted,

    /// <summary>It decrypts to nothing that can be read.</summary>
    NotReadable,

    /// <summary>It decrypts, and nothing shows that nobody changed it.</summary>
    NotAuthenticated,

    /// <summary>It is not signed.</summary>
    NotSigned,

    /// <summary>Its signature does not hold.</summary>
    SignatureInvalid,

    /// <summary>Its signature holds, and its signer is not believed.</summary>
    SignerNotTrusted,

    /// <summary>Its signer is not who it comes from.</summary>
    SignerMismatch,

    /// <summary>Its structure can't be judged.</summary>
    Malformed,
}
