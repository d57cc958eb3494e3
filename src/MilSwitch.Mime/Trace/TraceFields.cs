using System.Globalization;
using System.Text;
using MilSwitch.Domain.Messages;

namespace MilSwitch.Mime;

/// <summary>The fields that this switch writes before a message, each ending in CRLF. Thread-safe; called for every message.</summary>
public static class TraceFields
{
    public const string SuspectedDuplicateName = "X-MilSwitch-Suspected-Duplicate";

    // RFC 5321 §4.5.3.1.2; whoever calls itself longer is not named.
    private const int LongestName = 255;

    // Fixed words, two names, an address literal, a path of at most 64 + 1 + 255 octets (three times that in UTF-8), the rest.
    private const int LongestField = 2048;

    /// <summary>RFC 5321 §4.4, with the <c>tls</c> clause of RFC 8314 §4.3 and the <c>PRIORITY</c> clause of RFC 6710 §7.</summary>
    public static byte[] Received(ReceivedTrace trace)
    {
        Span<byte> buffer = stackalloc byte[LongestField];
        var field = new FieldWriter(buffer);
        if (trace.IsDirect)
        {
            field.Add("Received: by "u8);
            AddHost(ref field, trace.Host);
        }
        else
        {
            field.Add("Received: from "u8);
            AddHost(ref field, trace.Helo);
            AddClientAddress(ref field, trace.ClientAddress);
            field.Add("\r\n\tby "u8);
            AddHost(ref field, trace.Host);
            field.Add(" with "u8);
            field.Add(Protocol(trace));
        }

        field.Add(" id "u8);
        field.AddAscii(trace.Id.ToString());
        AddRecipient(ref field, trace);
        AddCipherSuite(ref field, trace.Tls);
        if (trace.Priority is { } priority)
        {
            Span<byte> clause = stackalloc byte[11];
            "PRIORITY "u8.CopyTo(clause);
            var digits = clause[9..];
            priority.Value.TryFormat(digits, out var length, default, CultureInfo.InvariantCulture);
            field.FoldOrSpace(9 + length);
            field.Add(clause[..(9 + length)]);
        }

        field.Add(";"u8);
        field.FoldOrSpace(MailDate.Length);
        Span<byte> date = stackalloc byte[MailDate.Length];
        MailDate.Write(trace.Date, date);
        field.Add(date);
        field.Add("\r\n"u8);
        return field.Written.ToArray();
    }

    /// <summary>The Received field of a message that a boundary let into another domain: it names nobody of the domain it came from.</summary>
    /// <param name="host">The name of this switch.</param>
    /// <param name="id">The message in that domain.</param>
    /// <param name="date">When.</param>
    public static byte[] Crossed(string host, MessageId id, DateTimeOffset date)
    {
        Span<byte> buffer = stackalloc byte[LongestField];
        var field = new FieldWriter(buffer);
        field.Add("Received: by "u8);
        AddHost(ref field, host);
        field.Add(" id "u8);
        field.AddAscii(id.ToString());
        field.Add(";"u8);
        field.FoldOrSpace(MailDate.Length);
        Span<byte> text = stackalloc byte[MailDate.Length];
        MailDate.Write(date, text);
        field.Add(text);
        field.Add("\r\n"u8);
        return field.Written.ToArray();
    }

    /// <summary>Tells the next hop that it may have this message already: a crash or a broken connection left it open.</summary>
    /// <param name="id">The message.</param>
    /// <param name="attempt">The number of this attempt, from one.</param>
    public static byte[] SuspectedDuplicate(MessageId id, int attempt) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{SuspectedDuplicateName}: id={id}; attempt={attempt}\r\n"));

    /// <summary>Fields that only this switch may write: whatever arrives under such a name is a forgery.</summary>
    public static bool MustStrip(ReadOnlySpan<byte> fieldName)
    {
        var prefix = "X-MilSwitch-"u8;
        return fieldName.Length >= prefix.Length && Ascii.EqualsIgnoreCase(fieldName[..prefix.Length], prefix);
    }

    private static ReadOnlySpan<byte> Protocol(in ReceivedTrace trace) => (trace.SmtpUtf8, trace.Tls is not null, trace.Authenticated) switch
    {
        (false, false, false) => "ESMTP"u8,
        (false, true, false) => "ESMTPS"u8,
        (false, false, true) => "ESMTPA"u8,
        (false, true, true) => "ESMTPSA"u8,
        (true, false, false) => "UTF8SMTP"u8,
        (true, true, false) => "UTF8SMTPS"u8,
        (true, false, true) => "UTF8SMTPA"u8,
        (true, true, true) => "UTF8SMTPSA"u8,
    };

    // A name that is neither a domain nor an address literal is not repeated: it could end a comment, a clause or a line.
    private static void AddHost(ref FieldWriter field, string name)
    {
        if (IsHost(name)) field.AddAscii(name);
        else field.Add("unknown"u8);
    }

    private static bool IsHost(ReadOnlySpan<char> name)
    {
        if (name.Length is 0 or > LongestName) return false;
        if (name[0] == '[')
        {
            if (name.Length < 3 || name[^1] != ']') return false;
            name = name[1..^1];
        }

        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-' or '_' or ':')) return false;
        }

        return true;
    }

    private static void AddClientAddress(ref FieldWriter field, ReadOnlySpan<char> address)
    {
        var scope = address.IndexOf('%');
        if (scope >= 0) address = address[..scope];
        const string Mapped = "::ffff:";
        if (address.StartsWith(Mapped, StringComparison.OrdinalIgnoreCase) && address.Contains('.')) address = address[Mapped.Length..];
        if (address.Length > 45 || !IsHost(address)) return;
        // RFC 5321 §4.1.3.
        field.Add(address.Contains(':') ? " ([IPv6:"u8 : " (["u8);
        field.AddAscii(address);
        field.Add("])"u8);
    }

    private static void AddRecipient(ref FieldWriter field, in ReceivedTrace trace)
    {
        // RFC 6531 §3.7.3: an address beyond ASCII only where the whole header may be.
        if (trace.Recipient is not { } recipient || (recipient.NeedsUtf8 && !trace.SmtpUtf8)) return;
        field.FoldOrSpace(recipient.Text.Length + 6);
        field.Add("for <"u8);
        field.AddUtf8(recipient.Text);
        field.Add(">"u8);
    }

    private static void AddCipherSuite(ref FieldWriter field, ReadOnlySpan<char> tls)
    {
        var start = tls.IndexOf("TLS_", StringComparison.Ordinal);
        if (start < 0) return;
        var name = tls[start..];
        var length = 0;
        while (length < name.Length && length < 64 && (char.IsAsciiLetterOrDigit(name[length]) || name[length] == '_')) length++;
        field.FoldOrSpace(length + 4);
        field.Add("tls "u8);
        field.AddAscii(name[..length]);
    }

    private ref struct FieldWriter(Span<byte> buffer)
    {
        // RFC 5322 §2.1.1.
        private const int LineLength = 78;

        private readonly Span<byte> buffer = buffer;
        private int length;
        private int lineStart;

        public readonly ReadOnlySpan<byte> Written => buffer[..length];

        public void Add(ReadOnlySpan<byte> octets)
        {
            octets.CopyTo(buffer[length..]);
            var lineEnd = octets.LastIndexOf((byte)'\n');
            if (lineEnd >= 0) lineStart = length + lineEnd + 1;
            length += octets.Length;
        }

        public void AddAscii(ReadOnlySpan<char> text) => length += Encoding.ASCII.GetBytes(text, buffer[length..]);

        public void AddUtf8(ReadOnlySpan<char> text) => length += Encoding.UTF8.GetBytes(text, buffer[length..]);

        public void FoldOrSpace(int next)
        {
            if (length - lineStart + 1 + next > LineLength) Add("\r\n\t"u8);
            else Add(" "u8);
        }
    }
}
