namespace MilSwitch.Mime;

/// <summary>Steps over the comments and folds of structured fields (RFC 5322 §3.2.2), with a counter instead of recursion.</summary>
internal static class CommentedText
{
    /// <summary>The first position from <paramref name="position"/> on that is neither white space nor in a comment.</summary>
    /// <returns>False when a comment is not closed.</returns>
    public static bool TrySkip(ReadOnlySpan<byte> text, ref int position)
    {
        var depth = 0;
        for (; position < text.Length; position++)
        {
            switch (text[position])
            {
                case (byte)'(':
                    depth++;
                    break;
                case (byte)')' when depth > 0:
                    depth--;
                    break;
                case (byte)'\\' when depth > 0:
                    position++;
                    break;
                case (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n':
                    break;
                default:
                    if (depth is 0) return true;
                    break;
            }
        }

        position = text.Length;
        return depth is 0;
    }
}
