using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Tracking;

namespace MilSwitch.Domain.Messages;

/// <summary>What the SMTP transaction said about a message: everything but its content. Immutable once accepted.</summary>
public sealed record Envelope
{
    public required ReversePath ReversePath { get; init; }

    /// <summary>In the order of the RCPT commands; the index of a recipient here is its number everywhere else.</summary>
    public required ImmutableArray<Recipient> Recipients { get; init; }

    /// <summary>RFC 6152, RFC 3030 §2.</summary>
    public BodyType Body { get; init; } = BodyType.SevenBit;

    /// <summary>RFC 6531 §3.4: the client said SMTPUTF8.</summary>
    public bool SmtpUtf8 { get; init; }

    /// <summary>RFC 8689 §2: every later hop must use TLS with a verified certificate.</summary>
    public bool RequireTls { get; init; }

    /// <summary>RFC 8689 §4.2.2: the header says <c>TLS-Required: No</c>, and MAIL did not say REQUIRETLS.</summary>
    public bool TlsOptional { get; init; }

    /// <summary>
    /// RFC 6477 §3.5: the originator has considered the MINIMIZE of the recipients, and came by a client that may say so.
    /// MINIMIZE neither refuses nor keeps back the message.
    /// </summary>
    public bool MinimizeConsidered { get; init; }

    /// <summary>It came encrypted and was opened on the way in: reports return nothing of it, they may travel in clear.</summary>
    public bool OpenedHere { get; init; }

    /// <summary>The security label by which it is handled; null: it has none, or nothing here asks for labels.</summary>
    public MessageLabel? Label { get; init; }

    /// <summary>The security domain it is in: that of its listener, or the one a boundary released it into; null: there are no domains.</summary>
    public string? Domain { get; init; }

    /// <summary>The fields of RFC 6477 that its header had when it was accepted and that kept to their grammar, as a header has them; null: none.</summary>
    public string? MilitaryFields { get; init; }

    /// <summary>The only Expires field of its header (RFC 4021 §2.1.50): out of date from then on; null: it says nothing.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>The only Supersedes field of its header (RFC 4021 §2.1.46): the Message-ID of the message that it replaces; null: it says nothing.</summary>
    public string? Supersedes { get; init; }

    /// <summary>RFC 3461 §4.3.</summary>
    public DsnReturn Return { get; init; } = DsnReturn.Unspecified;

    /// <summary>RFC 3461 §4.4, xtext decoded; null when absent.</summary>
    public string? EnvelopeId { get; init; }

    /// <summary>RFC 3885: it can be tracked, and has an <see cref="EnvelopeId"/>; null: nobody asked for that. Copies of other messages than this one never have it.</summary>
    public TrackingRequest? Tracking { get; init; }

    /// <summary>RFC 6710: the value the client asked for, relayed unchanged unless it was lowered; null when nothing asked for one.</summary>
    public MtPriority? Priority { get; init; }

    /// <summary>RFC 2852; null when absent. The deadline is absolute, so a relay recomputes the seconds that remain.</summary>
    public DeliverBy? DeliverBy { get; init; }

    /// <summary>RFC 4865: not to be sent on before this time; null when absent.</summary>
    public DateTimeOffset? HoldUntil { get; init; }

    /// <summary>The level at which the switch handles the message (its highest recipient's), after authorisation.</summary>
    public Precedence Precedence { get; init; } = Precedence.Priority;

    /// <summary>When the final dot (or last chunk) was read.</summary>
    public required DateTimeOffset ArrivedAt { get; init; }

    public required Origin Origin { get; init; }
}

/// <summary>How and from whom a message came.</summary>
public sealed record Origin
{
    /// <summary><see cref="Listener"/> of messages that the switch made itself.</summary>
    public const string Switch = "switch";

    /// <summary>Begins <see cref="Listener"/> of what a boundary released; its name follows. The colon keeps it apart from names of listeners.</summary>
    public const string Boundary = "boundary:";

    /// <summary>The same of a report that the boundary wrote anew.</summary>
    public const string Rewritten = "report:";

    /// <summary>The same of what a mailing list made; the list's address follows.</summary>
    public const string List = "list:";

    /// <summary>The same of what a profiler made; its address follows.</summary>
    public const string Profile = "profile:";

    /// <summary>The same of what was released (RFC 7912); the rule's name follows.</summary>
    public const string Release = "release:";
    /// <summary>Begins <see cref="AuthenticatedAs"/> of what an operator handed in through the admin API; the operator's name follows. No account has such a name.</summary>
    public const string Api = "api:";

    /// <summary>The same of what came out of a folder; the folder's name follows.</summary>
    public const string Folder = "folder:";

    /// <summary>The same of what tells of alarms; the notifier's name follows.</summary>
    public const string Alarm = "alarm:";

    /// <summary>Name of the listener that took it; <c>switch</c> for messages the switch made itself.</summary>
    public required string Listener { get; init; }

    /// <summary>The switch wrote all that it says: itself, or in place of what came.</summary>
    public bool IsOwnText => Listener is Switch || Listener.StartsWith(Rewritten, StringComparison.Ordinal);

    /// <summary>The boundary that released it; null: none did.</summary>
    public string? ReleasedBy =>
        Listener.StartsWith(Boundary, StringComparison.Ordinal) ? Listener[Boundary.Length..] : Listener.StartsWith(Rewritten, StringComparison.Ordinal) ? Listener[Rewritten.Length..] : null;

    /// <summary>Address of the mailing list or profiler that made it; null: none did.</summary>
    public string? DistributedBy =>
        Listener.StartsWith(List, StringComparison.Ordinal) ? Listener[List.Length..] : Listener.StartsWith(Profile, StringComparison.Ordinal) ? Listener[Profile.Length..] : null;

    /// <summary>IP address of the client, without port; empty for own messages.</summary>
    public string ClientAddress { get; init; } = "";

    /// <summary>What the client called itself in EHLO or HELO.</summary>
    public string Helo { get; init; } = "";

    /// <summary>The authenticated identity, or null.</summary>
    public string? AuthenticatedAs { get; init; }

    /// <summary>Protocol and cipher suite when TLS was used, else null.</summary>
    public string? Tls { get; init; }

    /// <summary>An operator sent it, by mail or through the admin API.</summary>
    public bool IsOf(string name) => AuthenticatedAs is { } who && (who == name || (who.StartsWith(Api, StringComparison.Ordinal) && who[Api.Length..] == name));
}

/// <summary>One addressee of a message.</summary>
public sealed record Recipient(Mailbox Address)
{
    /// <summary>RFC 3461 §4.1.</summary>
    public NotifyOptions Notify { get; init; } = NotifyOptions.Unspecified;

    /// <summary>RFC 3461 §4.2, relayed as received; null when absent.</summary>
    public OriginalRecipient? OriginalRecipient { get; init; }

    /// <summary>Action addressees carry the primary precedence, information addressees the copy precedence.</summary>
    public AddresseeRole Role { get; init; } = AddresseeRole.Action;

    /// <summary>Level at which this recipient's copy travels.</summary>
    public Precedence Precedence { get; init; } = Precedence.Priority;

    /// <summary>
    /// The value of MT-PRIORITY to relay for this recipient, and to write into an MT-Priority field for hops without the
    /// extension; null: nothing asked for one, so hops that know the parameter hear the level and others nothing.
    /// </summary>
    public MtPriority? Priority { get; init; }

    /// <summary>
    /// Hash over reverse path, Message-ID, ENVID, content and this address; null when duplicates are not looked for.
    /// </summary>
    public UInt128? DuplicateKey { get; init; }
}

public enum AddresseeRole : byte { Action = 0, Information = 1 }

public enum BodyType : byte { SevenBit = 0, EightBitMime = 1, BinaryMime = 2 }

public enum DsnReturn : byte { Unspecified = 0, Full = 1, Headers = 2 }

/// <summary>RFC 3461 §4.1. Unspecified means FAILURE and DELAY at the sender's discretion.</summary>
[Flags]
public enum NotifyOptions : byte { Unspecified = 0, Never = 1, Success = 2, Failure = 4, Delay = 8 }

/// <summary>RFC 3461 §4.2: address type and address, xtext decoded.</summary>
public sealed record OriginalRecipient(string AddressType, string Address);

/// <summary>RFC 2852 §4.</summary>
/// <param name="Deadline">Absolute time by which the message is to be delivered.</param>
/// <param name="Mode">What happens when it can't be.</param>
/// <param name="Trace">The <c>T</c> modifier: report each relaying.</param>
public sealed record DeliverBy(DateTimeOffset Deadline, DeliverByMode Mode, bool Trace);

public enum DeliverByMode : byte { Return = 0, Notify = 1 }
