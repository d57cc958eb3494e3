using System.Collections.Immutable;
using System.Text;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Mime;

/// <summary>What the switch reads in a message's header, and nothing else. Immutable; reading never throws for any octets.</summary>
public sealed record MessageFacts
{
    /// <summary>ACP 123: the originator has considered the MINIMIZE status of the recipients.</summary>
    public const string ConsideredInstruction = "MINIMIZE CONSIDERED";

    private const int LongestMessageId = 998;

    /// <summary>The value of the only Message-ID field, printable; null when absent, empty or repeated.</summary>
    public string? MessageId { get; private init; }

    /// <summary>Received fields: hops so far (RFC 5321 §6.3).</summary>
    public int ReceivedCount { get; private init; }

    /// <summary>Received fields that this switch wrote itself, by their <c>by</c> clause.</summary>
    public int OwnReceivedCount { get; private init; }

    /// <summary>RFC 6758 §3.1: the value of exactly one syntactically valid MT-Priority field.</summary>
    public MtPriority? TunnelledPriority { get; private init; }

    /// <summary>Any MT-Priority field at all, valid or not.</summary>
    public bool HasPriorityField { get; private init; }

    /// <summary>RFC 6477 §3.8: level of the action addressees; null when absent, repeated, malformed or without a name.</summary>
    public Precedence? PrimaryPrecedence { get; private init; }

    /// <summary>RFC 6477 §3.9: level of the information addressees; null as above.</summary>
    public Precedence? CopyPrecedence { get; private init; }

    /// <summary>A precedence field holds a legal number without a name (6–31): it travels on unchanged but orders nothing here.</summary>
    public bool HasUnnamedPrecedence { get; private init; }

    /// <summary>Mailboxes of To; read only when <see cref="CopyPrecedence"/> has a value, else empty.</summary>
    public ImmutableArray<string> ActionAddresses { get; private init; } = [];

    /// <summary>Mailboxes of Cc; read only when <see cref="CopyPrecedence"/> has a value, else empty.</summary>
    public ImmutableArray<string> InformationAddresses { get; private init; } = [];

    /// <summary>A report or another automatic answer (RFC 3834 §5, RFC 6522): nothing may answer it.</summary>
    public bool IsReport { get; private init; }

    /// <summary>RFC 8689 §3: the originator prefers delivery to TLS; without meaning when REQUIRETLS was given.</summary>
    public bool TlsRequiredNo { get; private init; }

    /// <summary>RFC 6477 §3.5: the only MMHS-Message-Instructions field says <c>MINIMIZE CONSIDERED</c>.</summary>
    public bool MinimizeConsidered { get; private init; }

    /// <summary>Reads a scanned header in one pass.</summary>
    /// <param name="header">From <see cref="HeaderBlock.Scan"/>.</param>
    /// <param name="ownNames">The host names of this switch.</param>
    public static MessageFacts Read(HeaderBlock header, IReadOnlyCollection<string> ownNames)
    {
        int received = 0, own = 0;
        Only messageId = default, priority = default, primary = default, copy = default, tlsRequired = default, instructions = default;
        var report = false;
        for (var i = 0; i < header.Count; i++)
        {
            var name = header.Name(i);
            // The length tells most names apart without looking at them.
            switch (name.Length)
            {
                case 8 when Is(name, "Received"u8):
                    received++;
                    if (IsBy(header.RawValue(i), ownNames)) own++;
                    break;
                case 10 when Is(name, "Message-ID"u8):
                    messageId.Seen(i);
                    break;
                case 11 when Is(name, MtPriorityField.Name):
                    priority.Seen(i);
                    break;
                case 12 when Is(name, "Content-Type"u8):
                    report |= StartsWith(header.RawValue(i), "multipart/report"u8);
                    break;
                case 12 when Is(name, "TLS-Required"u8):
                    tlsRequired.Seen(i);
                    break;
                case 14 when Is(name, "Auto-Submitted"u8):
                    report |= !StartsWith(header.RawValue(i), "no"u8);
                    break;
                case 20 when Is(name, "MMHS-Copy-Precedence"u8):
                    copy.Seen(i);
                    break;
                case 23 when Is(name, "MMHS-Primary-Precedence"u8):
                    primary.Seen(i);
                    break;
                case 25 when Is(name, "MMHS-Message-Instructions"u8):
                    instructions.Seen(i);
                    break;
            }
        }

        PrecedenceNumber? primaryNumber = primary.Found && MmhsReader.TryReadPrecedence(header.RawValue(primary.Index), out var p) ? p : null;
        PrecedenceNumber? copyNumber = copy.Found && MmhsReader.TryReadPrecedence(header.RawValue(copy.Index), out var c) ? c : null;
        var facts = new MessageFacts
        {
            ReceivedCount = received,
            OwnReceivedCount = own,
            MessageId = messageId.Found ? Printable(header.RawValue(messageId.Index)) : null,
            TunnelledPriority = priority.Found && MtPriorityField.TryParse(header.RawValue(priority.Index), out var value) ? value : null,
            HasPriorityField = priority.Any,
            PrimaryPrecedence = primaryNumber?.Named,
            CopyPrecedence = copyNumber?.Named,
            HasUnnamedPrecedence = primaryNumber is { Named: null } || copyNumber is { Named: null },
            IsReport = report,
            TlsRequiredNo = tlsRequired.Found && Is(header.RawValue(tlsRequired.Index).Trim(" \t\r\n"u8), "No"u8),
            MinimizeConsidered = instructions.Found && Says(header.RawValue(instructions.Index), ConsideredInstruction),
        };
        return facts.CopyPrecedence is null
            ? facts
            : facts with { ActionAddresses = AddressList.Of(header, "To"u8), InformationAddresses = AddressList.Of(header, "Cc"u8) };
    }

    // RFC 5321 §4.4: the word after the first "by" outside comments. A name inside a comment is anybody's claim.
    private static bool IsBy(ReadOnlySpan<byte> value, IReadOnlyCollection<string> ownNames)
    {
        var position = 0;
        var by = false;
        while (CommentedText.TrySkip(value, ref position) && position < value.Length)
        {
            var rest = value[position..];
            var end = rest.IndexOfAny(" \t\r\n();"u8);
            var word = end < 0 ? rest : rest[..end];
            if (by) return IsOwn(word, ownNames);
            by = Is(word, "by"u8);
            position += Math.Max(word.Length, 1);
        }

        return false;
    }

    private static bool IsOwn(ReadOnlySpan<byte> host, IReadOnlyCollection<string> ownNames)
    {
        host = host.TrimEnd((byte)'.');
        foreach (var name in ownNames)
        {
            if (name.Length == host.Length && Ascii.EqualsIgnoreCase(host, name)) return true;
        }

        return false;
    }

    private static bool Says(ReadOnlySpan<byte> value, string instruction) =>
        MmhsReader.TryReadStrings(value, out var said) && said.Contains(instruction, StringComparer.OrdinalIgnoreCase);

    private static string? Printable(ReadOnlySpan<byte> value)
    {
        var text = HeaderBlock.Unfold(value);
        if (text.Length > LongestMessageId) text = text[..LongestMessageId];
        foreach (var c in text)
        {
            if (char.IsControl(c)) return string.Concat(text.Select(each => char.IsControl(each) ? '?' : each));
        }

        return text.Length is 0 ? null : text;
    }

    private static bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> other) => text.Length == other.Length && Ascii.EqualsIgnoreCase(text, other);

    // A word at the start, with nothing of the same word after it.
    private static bool StartsWith(ReadOnlySpan<byte> value, ReadOnlySpan<byte> word)
    {
        var position = 0;
        if (!CommentedText.TrySkip(value, ref position) || value.Length - position < word.Length) return false;
        var end = position + word.Length;
        return Ascii.EqualsIgnoreCase(value[position..end], word) && (end == value.Length || !char.IsAsciiLetterOrDigit((char)value[end]));
    }

    // A field that counts only when there is one of it.
    private struct Only
    {
        private int count;

        public int Index { get; private set; }

        public readonly bool Found => count is 1;

        public readonly bool Any => count > 0;

        public void Seen(int index)
        {
            Index = index;
            count++;
        }
    }
}
