using MilSwitch.Checks.Parts;

namespace MilSwitch.Checks.Structure;

/// <summary>
/// Lists of addresses (RFC 5322 §3.4): mailboxes with and without names, groups, comments. Of the obsolete forms only a dot in a
/// name is taken; source routes and empty list elements are not. One pass with counters, no recursion.
/// </summary>
internal static class AddressGrammar
{
    /// <summary>The mailboxes of a list, those of groups included; null when it does not follow the grammar.</summary>
    /// <param name="value">Of the field, folds included.</param>
    /// <param name="groups">Groups may stand in it (RFC 5322 §3.6.3; not in From, RFC 5322 §3.6.2).</param>
    public static int? Count(ReadOnlySpan<byte> value, bool groups) => new Reader(value, groups).Count();

    private enum Token : byte
    {
        End,
        Word,
        Literal,
        Special,
        Bad,
    }

    private ref struct Reader(ReadOnlySpan<byte> text, bool groups)
    {
        private readonly ReadOnlySpan<byte> text = text;
        private int position;
        private byte special;

        public int? Count()
        {
            var count = 0;
            var inGroup = false;
            while (true)
            {
                // A group may be empty.
                var token = Phrase(out var words, out var isLocalPart);
                if (inGroup && words is 0 && IsSpecial(token, ';'))
                {
                    token = Next();
                    inGroup = false;
                }
                else if (!inGroup && groups && words > 0 && IsSpecial(token, ':'))
                {
                    inGroup = true;
                    continue;
                }
                else
                {
                    if (!TryMailbox(ref token, isLocalPart)) return null;
                    count++;
                    if (inGroup && IsSpecial(token, ';'))
                    {
                        token = Next();
                        inGroup = false;
                    }
                }

                if (token is Token.End) return inGroup ? null : count;
                if (!IsSpecial(token, ',')) return null;
            }
        }

        // Words with dots between them: a name, or what stands before the @.
        private Token Phrase(out int words, out bool isLocalPart)
        {
            words = 0;
            isLocalPart = true;
            var dot = true;
            while (true)
            {
                var token = Next();
                if (token is Token.Word)
                {
                    isLocalPart &= dot;
                    dot = false;
                    words++;
                }
                else if (IsSpecial(token, '.'))
                {
                    isLocalPart &= !dot;
                    dot = true;
                }
                else
                {
                    isLocalPart &= words > 0 && !dot;
                    return token;
                }
            }
        }

        private bool TryMailbox(ref Token token, bool isLocalPart)
        {
            if (IsSpecial(token, '@')) return isLocalPart && TryDomain(out token);
            if (!IsSpecial(token, '<')) return false;
            token = Phrase(out _, out isLocalPart);
            if (!isLocalPart || !IsSpecial(token, '@') || !TryDomain(out token) || !IsSpecial(token, '>')) return false;
            token = Next();
            return true;
        }

        private bool TryDomain(out Token token)
        {
            token = Next();
            if (token is Token.Literal)
            {
                token = Next();
                return true;
            }

            while (token is Token.Word)
            {
                token = Next();
                if (!IsSpecial(token, '.')) return true;
                token = Next();
            }

            return false;
        }

        private readonly bool IsSpecial(Token token, char c) => token is Token.Special && special == (byte)c;

        private Token Next()
        {
            if (!WhiteSpace.TrySkip(text, ref position, out _)) return Token.Bad;
            if (position == text.Length) return Token.End;
            var c = text[position];
            if (c is (byte)'"') return Enclosed((byte)'"', Token.Word);
            if (c is (byte)'[') return Enclosed((byte)']', Token.Literal);
            if ("()<>[]:;@\\,."u8.Contains(c))
            {
                position++;
                special = c;
                return c is (byte)')' or (byte)']' or (byte)'\\' ? Token.Bad : Token.Special;
            }

            var from = position;
            while (position < text.Length && text[position] > 0x20 && !"()<>[]:;@\\,.\""u8.Contains(text[position])) position++;
            return position > from ? Token.Word : Token.Bad;
        }

        private Token Enclosed(byte end, Token token)
        {
            for (position++; position < text.Length && text[position] != end; position++)
            {
                if (text[position] is (byte)'\\') position++;
            }

            if (position >= text.Length) return Token.Bad;
            position++;
            return token;
        }
    }
}
