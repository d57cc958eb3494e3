namespace MilSwitch.Checks.Parts;

/// <summary>Files that were written into texts before there was MIME, and that some readers still show as attachments.</summary>
internal static class TextFiles
{
    public static bool HoldsOne(ReadOnlySpan<byte> text)
    {
        for (var next = 0; next >= 0 && text.Length > 0;)
        {
            if (IsFirstLine(text)) return true;
            next = text.IndexOf((byte)'\n');
            text = text[(next + 1)..];
        }

        return false;
    }

    private static bool IsFirstLine(ReadOnlySpan<byte> line) => line[0] switch
    {
        (byte)'b' => IsBegin(line),
        (byte)'=' => line.StartsWith("=ybegin "u8),
        (byte)'(' => line.StartsWith("(This file must be converted with BinHex"u8),
        _ => false,
    };

    // begin 644 name, begin-base64 644 name: three or four octal digits.
    private static bool IsBegin(ReadOnlySpan<byte> line)
    {
        if (line.StartsWith("begin-base64 "u8)) line = line[13..];
        else if (line.StartsWith("begin "u8)) line = line[6..];
        else return false;
        var digits = line.IndexOfAnyExceptInRange((byte)'0', (byte)'7');
        return digits is 3 or 4 && line[digits] is (byte)' ' && digits + 1 < line.Length && line[digits + 1] > (byte)' ';
    }
}
