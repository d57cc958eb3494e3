namespace MilSwitch.Domain.Delivery;

/// <summary>RFC 3463: class.subject.detail.</summary>
public readonly record struct EnhancedStatusCode(byte Class, short Subject, short Detail)
{
    public override string ToString() => $"{Class}.{Subject}.{Detail}";

    /// <summary>The same condition in another class, for instance 4.7.15 out of 5.7.15.</summary>
    public EnhancedStatusCode InClass(byte @class) => this with { Class = @class };

    /// <summary>Reads <c>d.ddd.ddd</c> at the start of a text (RFC 2034 §4).</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out EnhancedStatusCode code)
    {
        code = default;
        Span<Range> parts = stackalloc Range[4];
        if (text.Split(parts, '.') != 3) return false;
        if (!IsNumber(text[parts[0]], 1) || !IsNumber(text[parts[1]], 3) || !IsNumber(text[parts[2]], 3)) return false;
        var @class = byte.Parse(text[parts[0]], System.Globalization.CultureInfo.InvariantCulture);
        if (@class is not (2 or 4 or 5)) return false;
        code = new EnhancedStatusCode(@class, Number(text[parts[1]]), Number(text[parts[2]]));
        return true;

        static bool IsNumber(ReadOnlySpan<char> digits, int longest) =>
            digits.Length > 0 && digits.Length <= longest && !digits.ContainsAnyExceptInRange('0', '9');
        static short Number(ReadOnlySpan<char> digits) => short.Parse(digits, System.Globalization.CultureInfo.InvariantCulture);
    }
}

/// <summary>One answer of a peer, or one of our own making when the peer could not answer.</summary>
/// <param name="Code">Three digits, RFC 5321 §4.2; 0 when there was no answer.</param>
/// <param name="Status">Null when the peer gave none; <see cref="EffectiveStatus"/> fills in.</param>
/// <param name="Text">Printable text without line ends, cut at 512 characters; hostile: never to be used as markup.</param>
public sealed record Reply(int Code, EnhancedStatusCode? Status, string Text)
{
    public bool IsPositive => Code is >= 200 and < 400;

    public bool IsTransient => Code is >= 400 and < 500;

    public bool IsPermanent => Code is >= 500 and < 600;

    /// <summary>The peer's enhanced code when its class agrees with the reply code (RFC 2034 §4), else the class's general one.</summary>
    public EnhancedStatusCode EffectiveStatus
    {
        get
        {
            var @class = (byte)(Code / 100);
            if (Status is { } status && status.Class == @class) return status;
            return new EnhancedStatusCode(@class is 2 or 4 or 5 ? @class : (byte)4, 0, 0);
        }
    }

    public override string ToString() => Status is { } status ? $"{Code} {status} {Text}" : $"{Code} {Text}";
}
