using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage;

/// <summary>What a query asks for, held against a message.</summary>
public static class QueryFilter
{
    /// <summary>Every field that the query has matches.</summary>
    public static bool Matches(MessageQuery query, StoredMessage message)
    {
        var envelope = message.Envelope;
        if (query.PendingOnly && message.State == MessageState.Done) return false;
        if (query.State is { } state && message.State != state) return false;
        if (query.Precedence is { } precedence && envelope.Precedence != precedence) return false;
        if (query.MessageIdField is { } field && !string.Equals(field, message.MessageIdField, StringComparison.Ordinal)) return false;
        if (query.EnvelopeId is { } envelopeId && !string.Equals(envelopeId, envelope.EnvelopeId, StringComparison.Ordinal)) return false;
        if (query.AcceptedFrom is { } from && envelope.ArrivedAt < from) return false;
        if (query.AcceptedUntil is { } until && envelope.ArrivedAt > until) return false;
        if (query.Parent is { } parent && message.Parent != parent) return false;
        if (query.Sender is { } sender && !envelope.ReversePath.ToString().Contains(sender, StringComparison.OrdinalIgnoreCase)) return false;
        if (query.Recipient is not { } wanted) return true;
        foreach (var recipient in envelope.Recipients)
        {
            if (recipient.Address.Text.Contains(wanted, StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }
}
