using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Messages;

namespace MilSwitch.Mime;

/// <summary>The fields of a message that is sent on to somebody who takes over (RFC 5322 §3.6.6). Pure.</summary>
public static class ResentFields
{
    /// <summary>Whole fields, each ending in CRLF, to go before the message's own.</summary>
    /// <param name="host">The name of this switch.</param>
    /// <param name="to">Who takes over.</param>
    /// <param name="id">Of the copy.</param>
    /// <param name="now">When.</param>
    public static byte[] Write(string host, Mailbox to, MessageId id, DateTimeOffset now)
    {
        var name = ReportFrame.HostOf(host);
        var fields = new PartWriter(utf8: to.NeedsUtf8);
        fields.Field("Resent-Date", MailDate.Format(now));
        fields.Field("Resent-From", $"<postmaster@{name}>");
        fields.Field("Resent-To", $"<{to.Text}>");
        fields.Field("Resent-Message-ID", $"<{id}@{name}>");
        return fields.Written.ToArray();
    }
}
