namespace MilSwitch.Smtp.Server.Framing;

/// <summary>What is wrong with the octets of a content. The first one found counts.</summary>
internal enum ContentFault : byte { None, BareLineFeed, BareCarriageReturn, Nul, LineTooLong, TooLarge }

internal static class ContentFaultReplies
{
    public static SmtpReply Reply(this ContentFault fault) => fault switch
    {
        ContentFault.BareLineFeed => Replies.BareLineFeed,
        ContentFault.BareCarriageReturn => Replies.BareCarriageReturn,
        ContentFault.Nul => Replies.Nul,
        ContentFault.LineTooLong => Replies.TextLineTooLong,
        ContentFault.TooLarge => Replies.MessageTooLarge,
        _ => throw new ArgumentOutOfRangeException(nameof(fault)),
    };
}
