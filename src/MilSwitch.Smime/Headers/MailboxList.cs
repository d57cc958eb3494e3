using System.Collections.Immutable;
using System.Text;
using MilSwitch.Domain.Addressing;

namespace MilSwitch.Smime.Headers;

/// <summary>Mailboxes of From, To and Cc (RFC 5322 §3.4), read strictly: a list that is not understood to the letter is none. One pass, no recursion.</summary>
internal static class MailboxList
{
    /// <summary>The addr-specs, those of groups included; false when there is anything that is no mailbox.</summary>
    public static bool TryRead(string value, out ImmutableArray<Mailbox> mailboxes)
    {
        mailboxes = [];
        var found = ImmutableArray.CreateBuilder<Mailbox>();
        var plain = new StringBuilder();
        string? angle = null;
        var inGroup = false;
        for (var i = 0; i < value.Length; i++)
        {
            switch (value[i])
            {
                case '(':
                    if (!TrySkipComment(value, ref i)) return false;
                    break;
                case '"':
                    if (angle is not null || !TryCopyQuoted(value, ref i, plain)) return false;
                    break;
                case '<':
                    var close = value.IndexOf('>', i);
                    if (angle is not null || close < 0) return false;
                    angle = value[(i + 1)..close].Trim();
                    i = close;
                    break;
                case '[' when plain.Length > 0 && plain[^1] is '@':
                    var end = value.IndexOf(']', i);
                    if (end < 0) return false;
                    plain.Append(value, i, end + 1 - i);
                    i = end;
                    break;
                case ':':
                    if (inGroup || angle is not null) return false;
                    inGroup = true;
                    plain.Clear();
                    break;
                case ',' or ';':
                    if (value[i] is ';' && !inGroup) return false;
                    if (!TryTake(plain, ref angle, found, mayBeEmpty: value[i] is ';')) return false;
                    if (value[i] is ';')
                    {
                        inGroup = false;
                        // Nothing but a comma may follow a group.
                        var next = value.AsSpan(i + 1).TrimStart();
                        if (next.Length > 0 && next[0] is not (',' or '(')) return false;
                        if (next.Length > 0 && next[0] is ',') i = value.IndexOf(',', i);
                    }

                    break;
                case var c when angle is not null:
                    if (c is not (' ' or '\t')) return false;
                    break;
                case var c:
                    plain.Append(c);
                    break;
            }
        }

        if (inGroup || !TryTake(plain, ref angle, found, mayBeEmpty: found.Count > 0 && value.TrimEnd() is [.., ';'])) return false;
        mailboxes = found.ToImmutable();
        return true;
    }

    /// <summary>RFC 9788 §4.4.5: canonical domains, local parts without regard to the case of ASCII letters.</summary>
    public static bool Match(Mailbox one, Mailbox other) =>
        one.Domain.Equals(other.Domain, StringComparison.Ordinal) && Ascii.EqualsIgnoreCase(Encoding.UTF8.GetBytes(one.LocalPart), Encoding.UTF8.GetBytes(other.LocalPart));

    private static bool TryTake(StringBuilder plain, ref string? angle, ImmutableArray<Mailbox>.Builder found, bool mayBeEmpty)
    {
        var text = angle ?? plain.ToString().Trim();
        plain.Clear();
        angle = null;
        if (text.Length is 0) return mayBeEmpty;
        if (!Mailbox.TryParse(text, allowUtf8: true, out var mailbox, out _)) return false;
        found.Add(mailbox);
        return true;
    }

    private static bool TrySkipComment(string value, ref int i)
    {
        for (var depth = 0; i < value.Length; i++)
        {
            if (value[i] is '\\') i++;
            else if (value[i] is '(') depth++;
            else if (value[i] is ')' && --depth is 0) return true;
        }

        return false;
    }

    private static bool TryCopyQuoted(string value, ref int i, StringBuilder into)
    {
        into.Append('"');
        for (i++; i < value.Length; i++)
        {
            into.Append(value[i]);
            if (value[i] is '"') return true;
            if (value[i] is '\\' && ++i < value.Length) into.Append(value[i]);
        }

        return false;
    }
}
