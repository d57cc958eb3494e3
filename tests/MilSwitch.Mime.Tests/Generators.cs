using FsCheck;
using FsCheck.Fluent;

namespace MilSwitch.Mime.Tests;

/// <summary>Generators beyond FsCheck's own.</summary>
public static class Generators
{
    public static Arbitrary<HeaderText> HeaderTexts()
    {
        var name = Gen.Elements("Subject", "To", "X-Odd ", "Received\t", "a!#$%&'*+-/=?^_`{|}~");
        var value = Gen.Elements("", " x", " x\r\n y", "\t(\r\n\tz)", " a: b; c", " \r\n");
        var field = name.SelectMany(n => value, (n, v) => v == " \r\n" ? $"{n}: \r\n x\r\n" : $"{n}:{v}\r\n");
        return field.ListOf().Select(fields => new HeaderText(string.Concat(fields))).ToArbitrary();
    }

    /// <summary>Text that tries to end lines, comments, fields and parts.</summary>
    public static Arbitrary<HostileText> HostileTexts()
    {
        var piece = Gen.OneOf(
            Gen.Elements("\r\n", "\n", "\r", "\0", "\u0085", "\u2028", "\u001b[2J", "(", ")", "\\", "\"", ";", " ", "\t", "\u202e", "--=_", ":", "<", ">", "é", "日本", "\ud83d\ude00", "\ud800"),
            Gen.Elements("mail.example.com", "550 5.1.1 no", "Bcc: x@y", "Content-Type: text/html", new string('x', 300), new string(' ', 120), "word word word"),
            ArbMap.Default.GeneratorFor<char>().Select(c => c.ToString()));
        return piece.ListOf().Select(pieces => new HostileText(string.Concat(pieces))).ToArbitrary();
    }

    /// <summary>Octets that look like mail more often than chance would have it.</summary>
    public static Arbitrary<MailLike> MailLikes()
    {
        var piece = Gen.Elements(
            "\r\n", "\n", "--", "--b", "--b--", "--b\r\n", "\r\n\r\n", "Content-Type: multipart/mixed; boundary=b\r\n", "Content-Type: message/rfc822\r\n",
            "content-type : multipart/digest;\r\n boundary*0=\"b\"; boundary*1=c\r\n", "boundary=", "text", " ", "\t", ";", "\"", "(", "\\", "-", "--bc\r\n", "Subject: x\r\n");
        return piece.ListOf().Select(pieces => new MailLike(string.Concat(pieces))).ToArbitrary();
    }
}

public sealed record HostileText(string Value)
{
    public override string ToString() => Value;
}

public sealed record MailLike(string Value)
{
    public override string ToString() => Value;
}
