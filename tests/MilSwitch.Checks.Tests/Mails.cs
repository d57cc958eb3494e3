using System.Text;
using MilSwitch.Domain.Checking;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Checks.Tests;

/// <summary>Small messages for tests. Lines end in CRLF whatever the source has.</summary>
internal static class Mails
{
    public const string Head = "From: a@alfa.example\nTo: b@bravo.example\nDate: Sat, 28 Nov 2026 08:00:00 +0000\nMessage-ID: <1@alfa.example>\nSubject: Hello\nMIME-Version: 1.0\n";

    /// <summary>A mail in ASCII or UTF-8; LF becomes CRLF.</summary>
    public static byte[] Octets(string text) => Encoding.UTF8.GetBytes(Crlf(text));

    /// <summary>The same, one octet for each character.</summary>
    public static byte[] Raw(string text) => Encoding.Latin1.GetBytes(text);

    public static byte[] Text(string body, string type = "text/plain; charset=utf-8", string encoding = "8bit") =>
        Octets($"{Head}Content-Type: {type}\nContent-Transfer-Encoding: {encoding}\n\n{body}\n");

    public static byte[] Mixed(params string[] parts) =>
        Octets($"{Head}Content-Type: multipart/mixed; boundary=\"=_b\"\n\n{string.Concat(parts.Select(p => $"--=_b\n{p}\n"))}--=_b--\n");

    /// <summary>A text and one attachment in base64.</summary>
    public static byte[] Attaching(ReadOnlySpan<byte> content, string type, string? fileName)
    {
        var disposition = fileName is null ? "attachment" : $"attachment; filename=\"{fileName}\"";
        return Mixed(
            "Content-Type: text/plain\n\nSee the file.",
            $"Content-Type: {type}\nContent-Disposition: {disposition}\nContent-Transfer-Encoding: base64\n\n{Convert.ToBase64String(content, Base64FormattingOptions.InsertLineBreaks).Replace("\r", "", StringComparison.Ordinal)}");
    }

    public static CheckSubject Subject(byte[] content, int? classification = null, Precedence precedence = Precedence.Routine) =>
        new(content, null, classification, precedence);

    private static string Crlf(string text) => text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace("\n", "\r\n", StringComparison.Ordinal);
}
