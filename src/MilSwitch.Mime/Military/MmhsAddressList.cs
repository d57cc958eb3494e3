using System.Collections.Immutable;
using System.Text;
using MilSwitch.Domain.Addressing;
using MimeKit.Utils;

namespace MilSwitch.Mime;

/// <summary>
/// Reads <c>address-list</c> and <c>mailbox-list</c> (RFC 5322 §3.4) to the letter: no empty elements, no source routes, no white space inside
/// addresses. Unlike <see cref="AddressList"/>, which takes what it can out of the fields of any mail. One pass, no recursion. Pure.
/// </summary>
internal static class MmhsAddressList
{
    public static bool TryRead(ref MmhsBody body, bool groups, out ImmutableArray<MmhsAddress> addresses)
    {
        addresses = [];
        var read = ImmutableArray.CreateBuilder<MmhsAddress>();
        var inGroup = false;
        // Whether an address, or the end of a group, has to follow.
        var wanted = true;
        var words = new List<(int Start, int End)>();
        while (true)
        {
            if (!body.SkipComments()) return false;
            if (body.AtEnd)
            {
                if (inGroup || (wanted && read.Count > 0)) return body.Fail(MmhsRule.Address, body.Position);
                if (wanted) return body.Fail(MmhsRule.Empty, body.Position);
                addresses = read.ToImmutable();
                return true;
            }

            if (!wanted)
            {
                if (body.Current is (byte)';' && inGroup)
                {
                    inGroup = false;
                    body.Position++;
                    continue;
                }

                if (body.Current is not (byte)',') return body.Fail(MmhsRule.Address, body.Position);
                body.Position++;
                wanted = true;
                continue;
            }

            if (!TryReadWords(ref body, words)) return false;
            switch (body.Current)
            {
                case (byte)'<':
                    body.Position++;
                    if (!body.SkipComments() || !TryReadMailbox(ref body, out var named) || !body.SkipComments()) return false;
                    if (body.Current is not (byte)'>') return body.Fail(MmhsRule.Address, body.Position);
                    body.Position++;
                    read.Add(new MmhsAddress(named!, Phrase(body.Octets, words)));
                    break;
                case (byte)'@' when words.Count is 1:
                    body.Position = words[0].Start;
                    if (!TryReadMailbox(ref body, out var plain)) return false;
                    read.Add(new MmhsAddress(plain!));
                    break;
                case (byte)':' when groups && !inGroup && words.Count > 0:
                    inGroup = true;
                    body.Position++;
                    if (!body.SkipComments()) return false;
                    if (body.Current is (byte)';')
                    {
                        // A group may be empty.
                        inGroup = false;
                        body.Position++;
                        break;
                    }

                    continue;
                default:
                    return body.Fail(MmhsRule.Address, body.Position);
            }

            if (read.Count > MmhsBody.MostValues) return body.Fail(MmhsRule.TooMany, body.Position);
            wanted = false;
        }
    }

    // Atoms and quoted strings up to what is neither.
    private static bool TryReadWords(ref MmhsBody body, List<(int Start, int End)> words)
    {
        words.Clear();
        while (true)
        {
            if (!body.SkipComments()) return false;
            var start = body.Position;
            if (body.Current is (byte)'"')
            {
                if (!TrySkipQuoted(ref body)) return false;
            }
            else
            {
                SkipDotAtom(ref body);
                if (body.Position == start) return true;
            }

            words.Add((start, body.Position));
        }
    }

    private static bool TryReadMailbox(ref MmhsBody body, out Mailbox? mailbox)
    {
        mailbox = null;
        var start = body.Position;
        if (body.Current is (byte)'"')
        {
            if (!TrySkipQuoted(ref body)) return false;
        }
        else
        {
            SkipDotAtom(ref body);
        }

        if (body.Position == start || body.Current is not (byte)'@') return body.Fail(MmhsRule.Address, body.Position);
        body.Position++;
        if (body.Current is (byte)'[')
        {
            while (!body.AtEnd && body.Current is not (byte)']' and > (byte)' ') body.Position++;
            if (body.Current is not (byte)']') return body.Fail(MmhsRule.Address, body.Position);
            body.Position++;
        }
        else
        {
            SkipDotAtom(ref body);
        }

        return Mailbox.TryParse(Encoding.UTF8.GetString(body.Octets[start..body.Position]), allowUtf8: true, out mailbox, out _) || body.Fail(MmhsRule.Address, start);
    }

    private static bool TrySkipQuoted(ref MmhsBody body)
    {
        var start = body.Position++;
        while (body.Current is not (byte)'"')
        {
            if (body.AtEnd) return body.Fail(MmhsRule.Address, start);
            if (body.Current is (< (byte)' ' and not ((byte)'\t' or (byte)'\r' or (byte)'\n')) or 0x7F) return body.Fail(MmhsRule.Address, body.Position);
            body.Position += body.Current is (byte)'\\' ? 2 : 1;
        }

        body.Position++;
        return true;
    }

    // RFC 5322 §3.2.3 and §4.1, where a phrase may have dots; RFC 6532 §3.2.
    private static void SkipDotAtom(ref MmhsBody body)
    {
        while (body.Current >= 0x80 || char.IsAsciiLetterOrDigit((char)body.Current) || (body.Current is not 0 && "!#$%&'*+-/=?^_`{|}~."u8.Contains(body.Current))) body.Position++;
    }

    private static string? Phrase(ReadOnlySpan<byte> octets, List<(int Start, int End)> words)
    {
        var text = new StringBuilder();
        var quoted = false;
        foreach (var (start, end) in words)
        {
            if (text.Length > 0) text.Append(' ');
            var word = octets[start..end];
            if (word[0] is not (byte)'"')
            {
                text.Append(Encoding.UTF8.GetString(word));
                continue;
            }

            quoted = true;
            var inner = Encoding.UTF8.GetString(word[1..^1]);
            for (var i = 0; i < inner.Length; i++)
            {
                if (inner[i] is '\\' && i + 1 < inner.Length) i++;
                if (inner[i] is not ('\r' or '\n')) text.Append(inner[i]);
            }
        }

        var phrase = text.ToString();
        // RFC 2047 §5: within quotes there are no encoded words.
        if (!quoted && phrase.Contains("=?", StringComparison.Ordinal)) phrase = Rfc2047.DecodePhrase(Encoding.UTF8.GetBytes(phrase));
        return MmhsAddress.Normalised(phrase);
    }
}
