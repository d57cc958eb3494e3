using System.Globalization;
using System.Text;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Smtp.Server.Commands;

/// <summary>What EHLO can offer. A parameter or verb of an extension that was not offered is unknown.</summary>
[Flags]
internal enum Extensions : uint
{
    None = 0,
    Pipelining = 1,
    Size = 1 << 1,
    EightBitMime = 1 << 2,
    Chunking = 1 << 3,
    BinaryMime = 1 << 4,
    EnhancedStatusCodes = 1 << 5,
    SmtpUtf8 = 1 << 6,
    Dsn = 1 << 7,
    StartTls = 1 << 8,
    Auth = 1 << 9,
    MtPriority = 1 << 10,
    DeliverBy = 1 << 11,
    FutureRelease = 1 << 12,
    RequireTls = 1 << 13,
    Help = 1 << 14,
    RemoteQueueStart = 1 << 15,
    ClientNaming = 1 << 16,
    SmimeGateway = 1 << 17,
    Tracking = 1 << 18,

    /// <summary>Offered on every listener of every role.</summary>
    Everywhere = Pipelining | Size | EightBitMime | Chunking | BinaryMime | EnhancedStatusCodes | SmtpUtf8 | Dsn | MtPriority | DeliverBy | Help,
}

/// <summary>The EHLO reply as rows: what is offered, where, and with which text.</summary>
internal static class ExtensionTable
{
    private static readonly Row[] Rows =
    [
        new(Extensions.Pipelining, "PIPELINING"),
        new(Extensions.Size, "SIZE", static (_, settings, _) => Number(settings.Limits.MessageSize)),
        new(Extensions.EightBitMime, "8BITMIME"),
        new(Extensions.Chunking, "CHUNKING"),
        new(Extensions.BinaryMime, "BINARYMIME"),
        new(Extensions.EnhancedStatusCodes, "ENHANCEDSTATUSCODES"),
        new(Extensions.SmtpUtf8, "SMTPUTF8"),
        new(Extensions.Dsn, "DSN"),
        new(Extensions.StartTls, "STARTTLS"),
        new(Extensions.Auth, "AUTH", static (mechanisms, _, _) => mechanisms),
        new(Extensions.MtPriority, "MT-PRIORITY", static (_, _, _) => MtPriority.PolicyName),
        new(Extensions.DeliverBy, "DELIVERBY", static (_, settings, _) => Number((long)settings.MinimumDeliverBy.TotalSeconds)),
        new(Extensions.FutureRelease, "FUTURERELEASE", static (_, settings, now) => FutureRelease(settings, now)),
        new(Extensions.Tracking, "MTRK"),
        new(Extensions.RequireTls, "REQUIRETLS"),
        new(Extensions.RemoteQueueStart, "ETRN"),
        new(Extensions.ClientNaming, "XCLIENT", static (_, _, _) => ClientAttributes.Offered),
        new(Extensions.SmimeGateway, "X-SMIME-GATEWAY", static (_, settings, _) => settings.SmimeGateway ?? ""),
        new(Extensions.Help, "HELP"),
    ];

    /// <summary>The set for one session as it stands.</summary>
    /// <param name="settings">The listener.</param>
    /// <param name="secure">TLS is up.</param>
    /// <param name="mechanisms">SASL mechanisms usable now, with a space between; empty: AUTH is not offered.</param>
    /// <param name="mayStartQueues">This client may use ETRN.</param>
    /// <param name="mayNameClients">This client may use XCLIENT.</param>
    public static Extensions Offered(SmtpListenerSettings settings, bool secure, string mechanisms, bool mayStartQueues, bool mayNameClients)
    {
        var offered = Extensions.Everywhere;
        if (mayStartQueues) offered |= Extensions.RemoteQueueStart;
        if (mayNameClients) offered |= Extensions.ClientNaming;
        if (!secure && settings.TlsMode is (ListenerTlsMode.StartTls or ListenerTlsMode.Required)) offered |= Extensions.StartTls;
        if (mechanisms.Length > 0) offered |= Extensions.Auth;
        // RFC 8689 §2: only inside TLS. RFC 4865 §4.2: only for submission.
        if (secure) offered |= Extensions.RequireTls;
        if (settings.TrackingRetention is not null) offered |= Extensions.Tracking;
        if (settings is { Role: ListenerRole.Submission, SmimeGateway: not null }) offered |= Extensions.SmimeGateway;
        if (settings.Role is ListenerRole.Submission && settings.MaximumHold > TimeSpan.Zero) offered |= Extensions.FutureRelease;
        return offered;
    }

    /// <summary>The whole answer to EHLO (RFC 5321 §4.1.1.1).</summary>
    public static byte[] Answer(Extensions offered, SmtpListenerSettings settings, string mechanisms, DateTimeOffset now)
    {
        var text = new StringBuilder(512).Append("250-").Append(settings.HostName).Append("\r\n");
        foreach (var row in Rows)
        {
            if ((offered & row.Extension) == 0) continue;
            // HELP is the last row and offered everywhere, so it ends the answer.
            text.Append(row.Extension is Extensions.Help ? "250 " : "250-").Append(row.Keyword);
            if (row.Parameters is not null) text.Append(' ').Append(row.Parameters(mechanisms, settings, now));
            text.Append("\r\n");
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }

    private static string FutureRelease(SmtpListenerSettings settings, DateTimeOffset now)
    {
        var seconds = Math.Min((long)settings.MaximumHold.TotalSeconds, 999_999_999);
        return $"{Number(seconds)} {now.AddSeconds(seconds).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)}";
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private sealed record Row(Extensions Extension, string Keyword, Func<string, SmtpListenerSettings, DateTimeOffset, string>? Parameters = null);
}
