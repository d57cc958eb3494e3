using System.Text;

namespace MilSwitch.Smtp.Server;

/// <summary>
/// One of the closed set of answers (<see cref="Replies"/>). Immutable; its octets are made once. A reply tells a peer what
/// to do, never why in detail: the cause is logged under <see cref="Name"/>.
/// </summary>
public sealed class SmtpReply
{
    private readonly byte[] line;

    internal SmtpReply(string name, int code, string enhancedCode, string text, bool closes)
    {
        Name = name;
        Code = code;
        EnhancedCode = enhancedCode;
        Text = text;
        Closes = closes;
        line = Encoding.ASCII.GetBytes(enhancedCode.Length is 0 ? $"{code} {text}\r\n" : $"{code} {enhancedCode} {text}\r\n");
    }

    /// <summary>The reason as it appears in logs and metrics.</summary>
    public string Name { get; }

    public int Code { get; }

    /// <summary>RFC 3463; empty where RFC 2034 §4 has none (greeting, EHLO, 3xx).</summary>
    public string EnhancedCode { get; }

    /// <summary>Printable ASCII.</summary>
    public string Text { get; }

    /// <summary>The connection ends after this answer.</summary>
    public bool Closes { get; }

    /// <summary>The whole answer with its CRLF.</summary>
    public ReadOnlySpan<byte> Line => line;

    public bool IsRefusal => Code >= 400;

    public override string ToString() => Encoding.ASCII.GetString(line).TrimEnd();
}
