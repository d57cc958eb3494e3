using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using MilSwitch.Domain.Intake;

namespace MilSwitch.Smtp.Server;

/// <summary>
/// Every answer the server can give. Answers with a variable part (greeting, EHLO, 334, the id of an accepted message, a
/// lowered priority, which military field is to be mended) are made from the rows here and keep their codes.
/// </summary>
public static class Replies
{
    // Before the rows: static initialisers run in the order of the text.
    private static readonly List<SmtpReply> Defined = [];

    // Progress. Text of the first five is replaced or extended when they are written.
    public static SmtpReply Greeting { get; } = Define(220, "", "ready");
    public static SmtpReply Hello { get; } = Define(250, "", "hello");
    public static SmtpReply Accepted { get; } = Define(250, "2.0.0", "Accepted");
    public static SmtpReply PriorityLowered { get; } = Define(250, "2.3.6", "is the new priority assigned to the message");
    public static SmtpReply Challenge { get; } = Define(334, "", "");
    public static SmtpReply Ok { get; } = Define(250, "2.0.0", "OK");
    public static SmtpReply SenderOk { get; } = Define(250, "2.1.0", "Sender OK");
    public static SmtpReply RecipientOk { get; } = Define(250, "2.1.5", "Recipient OK");
    public static SmtpReply ChunkTaken { get; } = Define(250, "2.0.0", "Chunk taken");
    public static SmtpReply SendContent { get; } = Define(354, "", "End data with <CR><LF>.<CR><LF>");
    public static SmtpReply StartTls { get; } = Define(220, "2.0.0", "Ready to start TLS");
    public static SmtpReply Authenticated { get; } = Define(235, "2.7.0", "Authentication successful");
    public static SmtpReply Goodbye { get; } = Define(221, "2.0.0", "Goodbye", closes: true);
    public static SmtpReply Help { get; } = Define(214, "2.0.0", "See RFC 5321");
    public static SmtpReply CannotVerify { get; } = Define(252, "2.5.2", "Cannot verify; try RCPT");

    // Framing.
    public static SmtpReply BareLineFeedInCommand { get; } = Define(500, "5.5.2", "Bare LF refused", closes: true);
    public static SmtpReply BareCarriageReturnInCommand { get; } = Define(500, "5.5.2", "Bare CR refused");
    public static SmtpReply NulInCommand { get; } = Define(500, "5.5.2", "NUL refused");
    public static SmtpReply CommandTooLong { get; } = Define(500, "5.5.2", "Line too long");
    public static SmtpReply EndlessCommand { get; } = Define(500, "5.5.2", "Line without end", closes: true);
    public static SmtpReply NotSmtp { get; } = Define(521, "5.5.1", "This is not SMTP", closes: true);
    public static SmtpReply EarlyTalker { get; } = Define(554, "5.5.1", "Spoke before the greeting", closes: true);
    public static SmtpReply Smuggling { get; } = Define(550, "5.6.0", "End of data not as <CR><LF>.<CR><LF>", closes: true);
    public static SmtpReply BareLineFeed { get; } = Define(550, "5.6.0", "Bare LF in content refused");
    public static SmtpReply BareCarriageReturn { get; } = Define(550, "5.6.0", "Bare CR in content refused");
    public static SmtpReply Nul { get; } = Define(550, "5.6.0", "NUL in content refused");
    public static SmtpReply TextLineTooLong { get; } = Define(550, "5.6.0", "Line in content too long");
    public static SmtpReply EndlessContent { get; } = Define(552, "5.3.4", "Content far over the limit", closes: true);

    // Commands.
    public static SmtpReply UnknownCommand { get; } = Define(500, "5.5.2", "Command not recognised");
    public static SmtpReply NotImplemented { get; } = Define(502, "5.5.1", "Command not implemented");
    public static SmtpReply BadSequence { get; } = Define(503, "5.5.1", "Bad sequence of commands");
    public static SmtpReply TrackingNeedsEnvelopeId { get; } = Define(501, "5.5.4", "MTRK needs an ENVID of the form id@host");
    public static SmtpReply ArgumentSyntax { get; } = Define(501, "5.5.4", "Syntax error in arguments");
    public static SmtpReply PrioritySyntax { get; } = Define(501, "5.5.2", "Syntax error in MT-PRIORITY");
    public static SmtpReply UnknownParameter { get; } = Define(555, "5.5.4", "Parameter not recognised");
    public static SmtpReply SenderSyntax { get; } = Define(501, "5.1.7", "Syntax error in reverse path");
    public static SmtpReply RecipientSyntax { get; } = Define(501, "5.1.3", "Syntax error in forward path");
    public static SmtpReply SenderNeedsUtf8 { get; } = Define(550, "5.6.7", "Non-ASCII reverse path without SMTPUTF8");
    public static SmtpReply RecipientNeedsUtf8 { get; } = Define(553, "5.6.7", "Non-ASCII forward path without SMTPUTF8");
    public static SmtpReply SourceRoute { get; } = Define(550, "5.7.1", "Sender-specified routing refused");
    public static SmtpReply ChunkSize { get; } = Define(501, "5.5.4", "Chunk size not understood", closes: true);
    public static SmtpReply ChunkTooLarge { get; } = Define(552, "5.3.4", "Chunk far over the limit", closes: true);
    public static SmtpReply BinaryNeedsChunks { get; } = Define(503, "5.5.1", "BINARYMIME needs BDAT");
    public static SmtpReply NoValidRecipients { get; } = Define(554, "5.5.1", "No valid recipients");
    public static SmtpReply TooManyRecipients { get; } = Define(452, "4.5.3", "Too many recipients");
    public static SmtpReply MessageTooLarge { get; } = Define(552, "5.3.4", "Message too large");
    public static SmtpReply HoldTooLong { get; } = Define(501, "5.5.4", "Future release refused");
    public static SmtpReply DeliverByTooShort { get; } = Define(555, "5.5.4", "Deliver-by time too short");

    public static SmtpReply QueueStarted { get; } = Define(250, "2.0.0", "Queuing for node started");
    public static SmtpReply NothingWaits { get; } = Define(251, "2.0.0", "No messages waiting for node");
    public static SmtpReply CannotStartQueue { get; } = Define(458, "4.3.0", "Unable to queue messages for node");
    public static SmtpReply NoSuchQueue { get; } = Define(459, "4.4.4", "Node not allowed: no such queue");
    public static SmtpReply NodeNotAllowed { get; } = Define(459, "4.4.4", "Node not allowed: no route");

    // Security.
    public static SmtpReply TlsFirst { get; } = Define(530, "5.7.0", "Must issue STARTTLS first");
    public static SmtpReply PlaintextBehindStartTls { get; } = Define(554, "5.5.1", "Commands behind STARTTLS refused", closes: true);
    public static SmtpReply AuthenticationRequired { get; } = Define(530, "5.7.0", "Authentication required");
    public static SmtpReply AuthenticationFailed { get; } = Define(535, "5.7.8", "Authentication credentials invalid");
    public static SmtpReply AuthenticationCancelled { get; } = Define(501, "5.7.0", "Authentication cancelled");
    public static SmtpReply AuthenticationSyntax { get; } = Define(501, "5.5.2", "Cannot decode response");
    public static SmtpReply AuthenticationLineTooLong { get; } = Define(500, "5.5.6", "Authentication exchange line too long");
    public static SmtpReply AuthenticationUnavailable { get; } = Define(454, "4.7.0", "Temporary authentication failure");
    public static SmtpReply UnknownMechanism { get; } = Define(504, "5.5.4", "Mechanism not offered");
    public static SmtpReply EncryptionFirst { get; } = Define(538, "5.7.11", "Encryption required for this mechanism");
    public static SmtpReply UnknownLogin { get; } = Define(550, "5.7.1", "No such account");
    public static SmtpReply NotYourAddress { get; } = Define(550, "5.7.1", "Reverse path not permitted for this account");

    // Closing.
    public static SmtpReply TooManyErrors { get; } = Define(421, "4.7.0", "Too many errors", closes: true);
    public static SmtpReply TooManyIdleCommands { get; } = Define(421, "4.7.0", "Too many commands without mail", closes: true);
    public static SmtpReply TooManyConnections { get; } = Define(421, "4.7.0", "Too many connections", closes: true);
    public static SmtpReply TimedOut { get; } = Define(421, "4.4.2", "Timeout", closes: true);
    public static SmtpReply ShuttingDown { get; } = Define(421, "4.3.2", "Closing down", closes: true);
    public static SmtpReply InternalFault { get; } = Define(421, "4.3.0", "Try again later", closes: true);

    // What the switch refuses.
    private static readonly SmtpReply RelayingDenied = Define(550, "5.7.1", "Relaying denied", name: "RelayingDenied");
    private static readonly SmtpReply NoRoute = Define(550, "5.4.4", "No route to the recipient", name: "NoRoute");
    private static readonly SmtpReply RecipientRefused = Define(550, "5.1.1", "Recipient refused", name: "RecipientRefused");
    private static readonly SmtpReply SenderRefused = Define(550, "5.7.1", "Sender refused", name: "SenderRefused");
    private static readonly SmtpReply AuthorRefused = Define(550, "5.7.1", "From or Sender not permitted for this account", name: "AuthorRefused");
    private static readonly SmtpReply PriorityTooLow = Define(550, "5.7.15", "Priority level too low", name: "PriorityTooLow");
    private static readonly SmtpReply PriorityTooLowForNow = Define(450, "4.7.15", "Priority level too low at present", name: "PriorityTooLowForNow");
    private static readonly SmtpReply PriorityNotPermitted = Define(550, "5.7.1", "Priority level not permitted", name: "PriorityNotPermitted");
    private static readonly SmtpReply TooLargeForPriority = Define(552, "5.7.16", "Message too large for its priority", name: "TooLargeForPriority");
    private static readonly SmtpReply HeaderTooLarge = Define(552, "5.3.4", "Header too large", name: "HeaderTooLarge");
    private static readonly SmtpReply TooManyFields = Define(554, "5.6.0", "Too many header fields", name: "TooManyFields");
    private static readonly SmtpReply NestingTooDeep = Define(554, "5.6.0", "Body nested too deep", name: "NestingTooDeep");
    private static readonly SmtpReply TooManyParts = Define(554, "5.6.0", "Too many body parts", name: "TooManyParts");
    private static readonly SmtpReply MalformedMime = Define(554, "5.6.0", "Malformed body", name: "MalformedMime");
    private static readonly SmtpReply MalformedHeader = Define(554, "5.6.0", "Malformed header", name: "MalformedHeader");
    private static readonly SmtpReply Loop = Define(554, "5.4.6", "Routing loop detected", name: "Loop");
    private static readonly SmtpReply EncryptionNeeded = Define(550, "5.7.10", "Encryption needed", name: "TlsRequired");
    private static readonly SmtpReply StoreFull = Define(452, "4.3.1", "Insufficient system storage", name: "StoreFull");
    private static readonly SmtpReply StoreUnavailable = Define(451, "4.3.0", "Try again later", name: "StoreUnavailable");
    private static readonly SmtpReply Overloaded = Define(451, "4.4.5", "Congested, try again later", name: "Overloaded");
    // X.7.28, "Mail flood detected", is in the registry of RFC 5248.
    private static readonly SmtpReply TooManyMessages = Define(450, "4.7.28", "Too many messages, try again later", name: "TooManyMessages");
    private static readonly SmtpReply TooMuchFlash = Define(450, "4.7.28", "Too many messages of this priority, try again later", name: "TooMuchFlash");
    private static readonly SmtpReply SignatureRequired = Define(550, "5.7.1", "Signed messages only", name: "SignatureRequired");
    private static readonly SmtpReply SignatureInvalid = Define(550, "5.7.7", "Message integrity failure", name: "SignatureInvalid");
    private static readonly SmtpReply LabelRefused = Define(550, "5.7.1", "Not permitted by security policy", name: "LabelRefused");
    private static readonly SmtpReply MilitaryFieldRefused = Define(550, "5.6.0", "Military header field refused", name: "MilitaryFieldRefused");
    private static readonly SmtpReply OpenedUnsound = Define(554, "5.6.0", "Malformed protected content", name: "OpenedUnsound");
    private static readonly SmtpReply KeyUnavailable = Define(451, "4.3.0", "Try again later", name: "KeyUnavailable");
    private static readonly SmtpReply NotOwner = Define(451, "4.3.0", "Try again later", name: "NotOwner");
    private static readonly SmtpReply UnsupportedByNextHop = Define(550, "5.6.3", "Conversion required but not supported", name: "UnsupportedByNextHop");

    /// <summary>The closed set.</summary>
    public static ImmutableArray<SmtpReply> All { get; } = [.. Defined];

    /// <summary>The one answer for each reason the switch has.</summary>
    public static SmtpReply For(Refusal refusal) => refusal switch
    {
        Refusal.RelayingDenied => RelayingDenied,
        Refusal.NoRoute => NoRoute,
        Refusal.RecipientRefused => RecipientRefused,
        Refusal.SenderRefused => SenderRefused,
        Refusal.AuthorRefused => AuthorRefused,
        Refusal.AuthenticationRequired => AuthenticationRequired,
        Refusal.PriorityTooLow => PriorityTooLow,
        Refusal.PriorityTooLowForNow => PriorityTooLowForNow,
        Refusal.PriorityNotPermitted => PriorityNotPermitted,
        Refusal.TooLargeForPriority => TooLargeForPriority,
        Refusal.TooLarge => MessageTooLarge,
        Refusal.HeaderTooLarge => HeaderTooLarge,
        Refusal.TooManyFields => TooManyFields,
        Refusal.NestingTooDeep => NestingTooDeep,
        Refusal.TooManyParts => TooManyParts,
        Refusal.MalformedMime => MalformedMime,
        Refusal.MalformedHeader => MalformedHeader,
        Refusal.Loop => Loop,
        Refusal.DeliverByTooShort => DeliverByTooShort,
        Refusal.HoldTooLong => HoldTooLong,
        Refusal.TlsRequired => EncryptionNeeded,
        Refusal.StoreFull => StoreFull,
        Refusal.StoreUnavailable => StoreUnavailable,
        Refusal.Overloaded => Overloaded,
        Refusal.NotOwner => NotOwner,
        Refusal.Shutdown => ShuttingDown,
        Refusal.UnsupportedByNextHop => UnsupportedByNextHop,
        Refusal.TooManyMessages => TooManyMessages,
        Refusal.TooMuchFlash => TooMuchFlash,
        Refusal.SignatureRequired => SignatureRequired,
        Refusal.SignatureInvalid => SignatureInvalid,
        Refusal.LabelRefused => LabelRefused,
        Refusal.MilitaryFieldRefused => MilitaryFieldRefused,
        Refusal.OpenedUnsound => OpenedUnsound,
        Refusal.KeyUnavailable => KeyUnavailable,
        _ => throw new ArgumentOutOfRangeException(nameof(refusal)),
    };

    private static SmtpReply Define(int code, string enhancedCode, string text, bool closes = false, [CallerMemberName] string name = "")
    {
        var reply = new SmtpReply(name, code, enhancedCode, text, closes);
        Defined.Add(reply);
        return reply;
    }
}
