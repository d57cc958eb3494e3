using MilSwitch.Domain.Precedences;

namespace MilSwitch.Mime;

/// <summary>The MT-Priority field, which carries MT-PRIORITY through systems that lack the extension (RFC 6758 §4).</summary>
public static class MtPriorityField
{
    public static ReadOnlySpan<byte> Name => "MT-Priority"u8;

    /// <summary><c>[CFWS] priority-value [CFWS]</c>; the value is <c>0</c>, or a digit from 1 to 9 with or without a minus (RFC 6710 §7).</summary>
    /// <param name="value">What follows the colon, folds included.</param>
    /// <param name="priority">The value, when the result is true.</param>
    public static bool TryParse(ReadOnlySpan<byte> value, out MtPriority priority)
    {
        priority = default;
        var position = 0;
        if (!CommentedText.TrySkip(value, ref position)) return false;
        var negative = position < value.Length && value[position] == (byte)'-';
        if (negative) position++;
        if (position >= value.Length || value[position] is < (byte)'0' or > (byte)'9') return false;
        var number = value[position++] - '0';
        if (negative && number is 0) return false;
        return CommentedText.TrySkip(value, ref position) && position == value.Length
            && MtPriority.TryCreate(negative ? -number : number, out priority);
    }

    /// <summary>The field to put before a header out of which all others of its name were taken (RFC 6758 §3.3).</summary>
    public static byte[] Write(MtPriority priority) => System.Text.Encoding.ASCII.GetBytes($"MT-Priority: {priority}\r\n");
}
