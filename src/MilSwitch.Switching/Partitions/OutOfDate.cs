using System.Globalization;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Switching.Partitions;

/// <summary>Messages whose Expires has passed (RFC 4021 §2.1.50): held where the configuration says so, until somebody lets them go all the same.</summary>
internal static class OutOfDate
{
    private const string Words = "out of date since ";

    /// <summary>Why it is held; null: it is not out of date, or such messages go on here.</summary>
    public static string? Reason(SwitchConfiguration configuration, Envelope envelope, DateTimeOffset now) => configuration.HoldOutOfDate && envelope.Expires is { } expires && expires <= now
        ? string.Create(CultureInfo.InvariantCulture, $"{Words}{expires.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}")
        : null;

    /// <summary>The same, but for one that a person has released since.</summary>
    public static async ValueTask<string?> ReasonAsync(SwitchConfiguration configuration, ISpool spool, MessageId id, Envelope envelope, DateTimeOffset now)
    {
        if (Reason(configuration, envelope, now) is not { } reason) return null;
        var trail = await spool.ReadAuditAsync(id).ConfigureAwait(false);
        return trail.Any(a => a.Kind is AuditKind.Released && a.At >= envelope.Expires) ? null : reason;
    }

    /// <summary>A reason that was made here.</summary>
    public static bool Is(string reason) => reason.StartsWith(Words, StringComparison.Ordinal);
}
