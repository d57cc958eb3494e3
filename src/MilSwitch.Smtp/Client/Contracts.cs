using System.Collections.Immutable;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Smtp.Client;

/// <summary>One transaction to make: stored bytes to some of a message's recipients.</summary>
public sealed record OutgoingMessage
{
    public required Envelope Envelope { get; init; }

    /// <summary>Indices into the envelope's recipients, all of one precedence.</summary>
    public required ImmutableArray<int> Recipients { get; init; }

    /// <summary>Header fields that go before the content, ending in CRLF.</summary>
    public required ReadOnlyMemory<byte> Trace { get; init; }

    /// <summary>The stored octets, sent exactly. The caller disposes it.</summary>
    public required ContentReader Content { get; init; }

    /// <summary>
    /// Asked after the content and before the final dot (or the last chunk): false abandons the transaction and drops the
    /// connection, so that nothing is sent that the store does not know about. When the whole transaction goes out in one
    /// write (PIPELINING, CHUNKING, content in memory) that is before MAIL.
    /// </summary>
    public Func<CancellationToken, ValueTask<bool>>? BeforeFinalDot { get; init; }

    /// <summary>Asked between chunks of 256 KiB when the hop offers CHUNKING: true gives the connection up to a more urgent message (RSET).</summary>
    public Func<bool>? GiveWay { get; init; }
}

/// <summary>How a transaction ended.</summary>
/// <param name="End">What the connection is worth afterwards, and whether the hop may have the message.</param>
/// <param name="Replies">
/// In the order of <see cref="OutgoingMessage.Recipients"/>; for each the reply that decides: the RCPT refusal, or the
/// answer to the content. Empty for <see cref="TransactionEnd.GaveWay"/>, <see cref="TransactionEnd.Lost"/> and <see cref="TransactionEnd.Unknown"/>.
/// </param>
/// <param name="HopReports">The hop offered DSN and got NOTIFY, ORCPT, RET and ENVID.</param>
/// <param name="Fault">What broke, for the operator; empty when nothing did.</param>
public sealed record TransactionResult(TransactionEnd End, ImmutableArray<Reply> Replies, bool HopReports, string Fault = "")
{
    /// <summary>The hop was given the certifier and the time that is left: it may be asked where the message is (RFC 3885 §3.3).</summary>
    public bool HopTracks { get; init; }

    /// <summary>The connection can take another message.</summary>
    public bool Reusable { get; init; }

    /// <summary>
    /// When the connection broke: what recipients were answered before, in the order of <see cref="OutgoingMessage.Recipients"/>;
    /// null for those without an answer. It counts, whatever became of the others (RFC 2033 §5).
    /// </summary>
    public ImmutableArray<Reply?> Given { get; init; } = [];

    /// <summary>
    /// The reply is the switch's own and says that this hop lacks what the message needs; another host of the same link may
    /// have it (RFC 8689 §4.2.1 asks to try them all).
    /// </summary>
    public static bool IsLackOfTheHop(Reply reply) => HopRequirements.IsLack(reply);

    /// <summary>
    /// With <see cref="TransactionEnd.Lost"/>: no word of this transaction was answered, and the connection had ended, or
    /// broke at the first words. After an idle time that says something about the connection, nothing about the message:
    /// RFC 5321 §3.8 and §4.5.3.2.7 let a hop close what is idle.
    /// </summary>
    public bool Unheard { get; init; }

    /// <summary>
    /// A message with a deadline in mode N went, before that deadline, to a hop without DELIVERBY: a <c>relayed</c> report is
    /// due for each accepted recipient whose NOTIFY is not NEVER (RFC 2852 §4.1.4.2).
    /// </summary>
    public bool DeadlineDropped { get; init; }
}

public enum TransactionEnd : byte
{
    /// <summary>Every recipient has an answer.</summary>
    Answered,

    /// <summary>The connection was given up to a more urgent message; nothing was sent.</summary>
    GaveWay,

    /// <summary>The connection broke, or the peer broke the protocol, before the final dot: the hop does not have it.</summary>
    Lost,

    /// <summary>It broke after the final dot: the hop may have it. To be sent again, marked as a possible duplicate.</summary>
    Unknown,
}

/// <summary>The end of an attempt to connect.</summary>
public abstract record ConnectResult
{
    private ConnectResult()
    {
    }

    public sealed record Connected(SmtpClientConnection Connection) : ConnectResult;

    /// <summary>The hop answered the greeting or EHLO with a refusal.</summary>
    public sealed record Refused(Reply Reply) : ConnectResult;

    /// <summary>No connection, no TLS where TLS is required, or nonsense instead of SMTP. <paramref name="Reason"/> is for the operator.</summary>
    public sealed record Failed(ConnectPhase Phase, string Reason) : ConnectResult;
}

public enum ConnectPhase : byte { Resolve, Connect, Greeting, Hello, StartTls, Handshake, Certificate }

/// <summary>Finds the hosts of a mail domain (RFC 5321 §5.1).</summary>
public interface IMailExchangerResolver
{
    ValueTask<MailExchangers> ResolveAsync(string domain, int port, CancellationToken cancellationToken);
}

/// <param name="Targets">Lowest preference first.</param>
/// <param name="Fault">Why there are none: temporary when <paramref name="Temporary"/>, else for good.</param>
public sealed record MailExchangers(ImmutableArray<HopTarget> Targets, Reply? Fault, bool Temporary);
