using System.Text;

namespace MilSwitch.Smtp.Server.Commands;

/// <summary>Where a session stands between EHLO and the end of a transaction.</summary>
[Flags]
internal enum Phase : byte
{
    /// <summary>No EHLO or HELO yet (or not since STARTTLS).</summary>
    Fresh = 1,

    /// <summary>No transaction.</summary>
    Idle = 2,

    /// <summary>MAIL was accepted, no recipient yet.</summary>
    Mail = 4,

    /// <summary>At least one recipient was accepted.</summary>
    Recipients = 8,

    /// <summary>Part of the content came by BDAT.</summary>
    Chunks = 16,

    /// <summary>A chunk failed; only RSET, EHLO or the last chunk end it (RFC 3030 §2).</summary>
    Failed = 32,

    Any = Fresh | Idle | Mail | Recipients | Chunks | Failed,
}

[Flags]
internal enum CommandNeeds : byte
{
    Nothing = 0,

    /// <summary>On a listener that requires TLS: 530 before STARTTLS (RFC 3207 §4 exempts NOOP, EHLO, STARTTLS and QUIT).</summary>
    Tls = 1,

    /// <summary>On a listener that requires authentication: 530 before AUTH (RFC 4954 §6).</summary>
    Account = 2,

    /// <summary>An argument is a syntax error (RFC 5321 §4.3.2).</summary>
    NoArgument = 4,

    /// <summary>Does not bring mail forward; a session has a limited number of these between two messages.</summary>
    CountsAsIdle = 8,
}

internal delegate ValueTask CommandHandler(SmtpSession session, ReadOnlySpan<byte> argument);

internal sealed record Command(string Verb, Phase Phases, CommandNeeds Needs, CommandHandler Handle)
{
    public ulong Key { get; } = CommandText.Verb(Encoding.ASCII.GetBytes(Verb));
}

/// <summary>The protocol on one screen: which verb is allowed when, what it needs, who handles it.</summary>
internal static class CommandTable
{
    private const CommandNeeds Idle = CommandNeeds.CountsAsIdle;

    private static readonly Command[] Rows =
    [
        // Verb         allowed in                     needs                                                       handled by
        new("MAIL",     Phase.Idle,                    CommandNeeds.Tls | CommandNeeds.Account,                    static (s, a) => s.MailAsync(a)),
        new("RCPT",     Phase.Mail | Phase.Recipients, CommandNeeds.Tls | CommandNeeds.Account,                    static (s, a) => s.RecipientAsync(a)),
        new("DATA",     Phase.Mail | Phase.Recipients, CommandNeeds.Tls | CommandNeeds.NoArgument,                 static (s, _) => s.Data()),
        // Any phase: the octets of a chunk are taken from the stream whatever the answer (RFC 3030 §2).
        new("BDAT",     Phase.Any,                     CommandNeeds.Nothing,                                       static (s, a) => s.Chunk(a)),
        new("EHLO",     Phase.Any,                     Idle,                                                       static (s, a) => s.HelloAsync(a, extended: true)),
        new("HELO",     Phase.Any,                     CommandNeeds.Tls | Idle,                                    static (s, a) => s.HelloAsync(a, extended: false)),
        new("RSET",     Phase.Any,                     CommandNeeds.Tls | CommandNeeds.NoArgument | Idle,          static (s, _) => s.ResetAsync()),
        new("NOOP",     Phase.Any,                     Idle,                                                       static (s, _) => s.Reply(Replies.Ok)),
        new("QUIT",     Phase.Any,                     CommandNeeds.NoArgument,                                    static (s, _) => s.Reply(Replies.Goodbye)),
        new("STARTTLS", Phase.Idle,                    CommandNeeds.NoArgument | Idle,                             static (s, _) => s.StartTls()),
        new("AUTH",     Phase.Idle,                    CommandNeeds.Tls | Idle,                                    static (s, a) => s.Authenticate(a)),
        new("VRFY",     Phase.Any,                     CommandNeeds.Tls | CommandNeeds.Account | Idle,             static (s, a) => s.Verify(a)),
        new("HELP",     Phase.Any,                     CommandNeeds.Tls | Idle,                                    static (s, _) => s.Reply(Replies.Help)),
        // Any phase: whoever may not say it hears the same everywhere.
        new("ETRN",     Phase.Any,                     Idle,                                                       static (s, a) => s.StartQueueAsync(a)),
        new("XCLIENT",  Phase.Any,                     Idle,                                                       static (s, a) => s.NameClient(a)),
        .. new[] { "EXPN", "ATRN", "TURN", "SEND", "SOML", "SAML", "BURL" }.Select(static verb =>
            new Command(verb, Phase.Any, Idle,                                                                     static (s, _) => s.Error(Replies.NotImplemented))),
        // A browser that was made to post here (cross-protocol attack) must not get to its second line.
        .. new[] { "GET", "POST", "PUT", "HEAD", "OPTIONS", "CONNECT", "DELETE", "PATCH", "TRACE", "PRI" }.Select(static verb =>
            new Command(verb, Phase.Any, CommandNeeds.Nothing,                                                     static (s, _) => s.Reply(Replies.NotSmtp))),
    ];

    public static Command? Find(ulong verb)
    {
        if (verb is 0) return null;
        foreach (var row in Rows)
            if (row.Key == verb) return row;
        return null;
    }
}
