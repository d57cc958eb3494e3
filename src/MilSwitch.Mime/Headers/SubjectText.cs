using MimeKit;
using MimeKit.Utils;

namespace MilSwitch.Mime;

/// <summary>The Subject of a message as people see it, encoded words undone (RFC 2047). Never throws for any octets.</summary>
public static class SubjectText
{
    private const int LongestHeader = 256 << 10;
    private const int MostFields = 1_000;

    /// <param name="message">All of it, or its header, with CRLF line ends.</param>
    /// <returns>Null: there is none, or more than one.</returns>
    public static string? Read(ReadOnlyMemory<byte> message) => Read(HeaderBlock.Scan(message, LongestHeader, MostFields));

    /// <inheritdoc cref="Read(ReadOnlyMemory{byte})"/>
    public static string? Read(HeaderBlock header) => header.TryGetSingle("Subject"u8, out var value) ? Decode(value) : null;

    /// <summary>The whole field, ending in CRLF; what is not ASCII becomes encoded words.</summary>
    public static byte[] Write(string subject) => Write("Subject", subject);

    /// <summary>Another field of free text, written likewise.</summary>
    internal static byte[] Write(string name, string text)
    {
        var options = FormatOptions.Default.Clone();
        options.NewLineFormat = NewLineFormat.Dos;
        var field = new Header(name, "");
        field.SetValue(options, System.Text.Encoding.UTF8, text);
        return [.. System.Text.Encoding.ASCII.GetBytes(name), (byte)':', .. field.RawValue];
    }

    /// <param name="value">Of the field, folds undone.</param>
    public static string Decode(string value) => Rfc2047.DecodeText(System.Text.Encoding.UTF8.GetBytes(value)).Trim();
}
