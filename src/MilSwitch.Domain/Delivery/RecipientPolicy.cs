using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Delivery;

/// <summary>What becomes of a recipient after an attempt or at a deadline. One case, with its reason.</summary>
public abstract record NextStep
{
    private NextStep()
    {
    }

    /// <summary>The hop took the message. <paramref name="HopReports"/>: it offered DSN and got the sender's wishes.</summary>
    public sealed record Relayed(Reply Reply, bool HopReports) : NextStep;

    public sealed record RetryAt(DateTimeOffset Due, Reply Reply) : NextStep;

    public sealed record Fail(Reply Reply) : NextStep;

    public sealed record Expire(Reply Reply) : NextStep;
}

/// <summary>Decides about one recipient; pure. Temporary or permanent is decided here and nowhere else.</summary>
public static class RecipientPolicy
{
    /// <summary>RFC 2852 §4.2, RFC 3463: delivery time expired.</summary>
    public static readonly Reply DeliveryTimeExpired = new(554, new EnhancedStatusCode(5, 4, 7), "delivery time expired");

    /// <param name="reply">What the hop said to this recipient: the RCPT reply if that was negative, else the final one.</param>
    /// <param name="attempts">Attempts so far, this one included.</param>
    /// <param name="expiresAt">From <see cref="ExpiresAt"/>.</param>
    /// <param name="level">The recipient's level.</param>
    /// <param name="now">The time.</param>
    /// <param name="hopReports">The hop offered DSN.</param>
    public static NextStep AfterAttempt(Reply reply, int attempts, DateTimeOffset expiresAt, PrecedenceLevel level, DateTimeOffset now, bool hopReports)
    {
        if (reply.IsPositive) return new NextStep.Relayed(reply, hopReports);
        if (reply.IsPermanent) return new NextStep.Fail(reply);
        if (now >= expiresAt) return new NextStep.Expire(DeliveryTimeExpired);
        var due = now + level.RetryAfter(attempts);
        // A last attempt just before the end is worth more than a regular one after it.
        return new NextStep.RetryAt(due < expiresAt ? due : expiresAt, reply);
    }

    /// <summary>
    /// RFC 5321 §4.5.3.1.10: the hop took others in the same transaction and had no room for this recipient, who goes in a
    /// further one at once. That ends, because each of them rids the switch of somebody.
    /// </summary>
    public static bool IsCrowdedOut(Reply reply, bool othersTaken) => othersTaken && reply is { Code: 452, Status: null or { Subject: 5, Detail: 3 } };

    /// <summary>
    /// The end of the attempts: the level's expiry, or the sender's own deadline in mode R when that comes first
    /// (RFC 2852 §4.2). Mode N only reports and never ends the attempts.
    /// </summary>
    public static DateTimeOffset ExpiresAt(Envelope envelope, Precedence precedence, PrecedenceTable table)
    {
        var start = envelope.HoldUntil is { } hold && hold > envelope.ArrivedAt ? hold : envelope.ArrivedAt;
        var end = start + table[precedence].Expiry;
        return envelope.DeliverBy is { Mode: DeliverByMode.Return } by && by.Deadline < end ? by.Deadline : end;
    }

    /// <summary>When the originator is to be warned: the level's time, or the sender's own deadline in mode N.</summary>
    public static DateTimeOffset WarnsAt(Envelope envelope, Precedence precedence, PrecedenceTable table)
    {
        var start = envelope.HoldUntil is { } hold && hold > envelope.ArrivedAt ? hold : envelope.ArrivedAt;
        var warning = start + table[precedence].Warning;
        return envelope.DeliverBy is { Mode: DeliverByMode.Notify } by && by.Deadline < warning ? by.Deadline : warning;
    }
}
