namespace MilSwitch.Checks.Parts;

/// <summary>White space, folds and comments between the words of a field (RFC 5322 §3.2.2, RFC 2045 §5.1). Pure, without recursion.</summary>
internal static class WhiteSpace
{
    /// <summary>Passes over them.</summary>
    /// <param name="text">A field's value.</param>
    /// <param name="position">From where on; then of what comes next, the end if nothing does.</param>
    /// <param name="hasComment">There was a comment, closed or not.</param>
    /// <returns>False when a comment is not closed.</returns>
    public static bool TrySkip(ReadOnlySpan<byte> text, ref int position, out bool hasComment)
    {
        hasComment = false;
        var depth = 0;
        for (; position < text.Length; position++)
        {
            switch (text[position])
            {
                case (byte)'(':
                    hasComment = true;
                    depth++;
                    continue;
                case (byte)')' when depth > 0:
                    depth--;
                    continue;
                case (byte)'\\' when depth > 0:
                    position++;
                    continue;
                case (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n':
                    continue;
            }

            if (depth is 0) return true;
        }

        position = text.Length;
        return depth is 0;
    }
}
