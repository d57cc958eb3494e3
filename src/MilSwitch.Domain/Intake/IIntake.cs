using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;
using MilSwitch.Domain.Tracking;

namespace MilSwitch.Domain.Intake;

/// <summary>
/// What the SMTP engine asks of the switch. The engine knows the protocol; the switch knows policy, routes and the store.
/// Thread-safe.
/// </summary>
public interface IIntake
{
    /// <summary>At MAIL, before it is answered. Null: go on.</summary>
    ValueTask<MailDecision> MailAsync(ClientIdentity client, MailRequest mail, CancellationToken cancellationToken);

    /// <summary>At RCPT. Null: accepted.</summary>
    ValueTask<Refusal?> RecipientAsync(ClientIdentity client, MailRequest mail, Recipient recipient, CancellationToken cancellationToken);

    /// <summary>At the first octet of content.</summary>
    /// <param name="client">Who sends it.</param>
    /// <param name="envelope">What MAIL and RCPT said.</param>
    /// <param name="beside">Becomes true in the same commit as the message; null: nothing does.</param>
    IIncomingMessage Begin(ClientIdentity client, Envelope envelope, StoredDocument? beside = null);

    /// <summary>
    /// At ETRN (RFC 1985), from a client that may relay: asks every link that mail for the domain takes to connect now. Never
    /// throws for what a link or the store does.
    /// </summary>
    /// <param name="client">Who asks; the trail names it.</param>
    /// <param name="domain">Canonical (<see cref="Mailbox.TryReadDomain"/>).</param>
    /// <param name="subdomains">The domains below it as well.</param>
    ValueTask<QueueStart> StartQueueAsync(ClientIdentity client, string domain, bool subdomains, CancellationToken cancellationToken);
}

/// <summary>The content of one message on its way in. Not thread-safe.</summary>
public interface IIncomingMessage : IAsyncDisposable
{
    /// <summary>
    /// Takes unstuffed octets with CRLF line ends. Never throws for a bad or unstorable content: it remembers the first
    /// fault and swallows the rest, so that the client can be answered at the end.
    /// </summary>
    ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken);

    /// <summary>
    /// From now on it is to be accepted as held, for an operator to decide, whatever its labels and military fields are: it stands for
    /// something that could not be read. Before <see cref="CompleteAsync"/>.
    /// </summary>
    /// <param name="because">For the operator and the audit trail.</param>
    void Hold(string because);

    /// <summary>Makes the message durable. Only after this says so may 250 be sent.</summary>
    ValueTask<IntakeResult> CompleteAsync(CancellationToken cancellationToken);
}

/// <summary>Who is speaking, as far as the engine knows.</summary>
public sealed record ClientIdentity
{
    public required string Listener { get; init; }

    public required ListenerRole Role { get; init; }

    public required string Address { get; init; }

    public string Helo { get; init; } = "";

    public string? AuthenticatedAs { get; init; }

    public string? Tls { get; init; }

    /// <summary>It speaks no SMTP: it handed the message in through the admin API or a folder.</summary>
    public bool IsDirect { get; init; }

    /// <summary>The client's address is in the listener's list of those who may relay.</summary>
    public bool MayRelay { get; init; }

    /// <summary>The highest level the listener, the client's entry or its account grants.</summary>
    public Precedence HighestPrecedence { get; init; } = Precedence.Override;

    /// <summary>Answer a too high level by lowering it (X.3.6) or by refusing it (X.7.15).</summary>
    public bool LowerPrecedence { get; init; } = true;

    /// <summary>The channel whose numbers its messages have, which are counted; null: none.</summary>
    public string? Channel { get; init; }
}

public enum ListenerRole : byte { Relay, Submission }

/// <summary>MAIL and its parameters.</summary>
public sealed record MailRequest(ReversePath ReversePath)
{
    /// <summary>RFC 1870; null when absent.</summary>
    public long? DeclaredSize { get; init; }

    public BodyType Body { get; init; }

    public bool SmtpUtf8 { get; init; }

    public bool RequireTls { get; init; }

    public DsnReturn Return { get; init; }

    public string? EnvelopeId { get; init; }

    /// <summary>RFC 3885; null when absent.</summary>
    public TrackingRequest? Tracking { get; init; }

    public MtPriority? Priority { get; init; }

    public DeliverBy? DeliverBy { get; init; }

    public DateTimeOffset? HoldUntil { get; init; }
}

/// <summary>The answer to MAIL.</summary>
/// <param name="Refusal">Null: accepted.</param>
/// <param name="PriorityLowered">Answer 250 X.3.6 with the value that counts instead.</param>
public readonly record struct MailDecision(Refusal? Refusal, MtPriority? PriorityLowered)
{
    public static MailDecision Accepted => default;
}

/// <summary>How a message's content ended.</summary>
/// <param name="Id">The accepted message.</param>
/// <param name="Refusal">Null: accepted.</param>
/// <param name="PriorityLowered">The content asked for more than it got: answer 250 X.3.6 with the value that counts instead (RFC 6710 §4.1).</param>
/// <param name="Detail">What is to be mended, to be shown in place of the refusal's public text: printable ASCII, nothing that the sender does not know; null: that text.</param>
public readonly record struct IntakeResult(MessageId Id, Refusal? Refusal, MtPriority? PriorityLowered = null, string? Detail = null)
{
    /// <summary>Every field for which it was refused; empty for other reasons.</summary>
    public IReadOnlyList<FieldFault> Faults { get; private init; } = [];

    public static IntakeResult Accepted(MessageId id, MtPriority? priorityLowered = null) => new(id, null, priorityLowered);

    public static IntakeResult Refused(Refusal refusal, string? detail = null, IReadOnlyList<FieldFault>? faults = null) => new(default, refusal, Detail: detail) { Faults = faults ?? [] };
}

/// <summary>What came of an ETRN.</summary>
public enum QueueStart : byte
{
    Started,

    /// <summary>No queue towards the domain is in being, so nothing waits.</summary>
    NothingWaits,

    /// <summary>No route takes mail for the domain.</summary>
    NoRoute,

    /// <summary>A link did not answer, or the order could not be recorded.</summary>
    Unable,
}

/// <summary>
/// Why the switch refuses. Each value has one reply code, enhanced code and public text in the SMTP engine's table; the
/// cause is logged, never shown.
/// </summary>
public enum Refusal : byte
{
    RelayingDenied, NoRoute, RecipientRefused, SenderRefused, AuthenticationRequired,
    PriorityTooLow, PriorityTooLowForNow, PriorityNotPermitted, TooLargeForPriority, TooLarge,
    HeaderTooLarge, TooManyFields, NestingTooDeep, TooManyParts, MalformedMime, MalformedHeader, Loop,
    DeliverByTooShort, HoldTooLong, TlsRequired, StoreFull, StoreUnavailable, Overloaded, NotOwner, Shutdown, UnsupportedByNextHop,
    TooManyMessages, TooMuchFlash, SignatureRequired, SignatureInvalid, OpenedUnsound, KeyUnavailable, LabelRefused, AuthorRefused,
    MilitaryFieldRefused,
}
