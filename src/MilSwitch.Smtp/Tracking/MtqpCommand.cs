using System.Text;
using MilSwitch.Domain.Tracking;
using MilSwitch.Smtp.Syntax;

namespace MilSwitch.Smtp.Tracking;

/// <summary>One command of MTQP (RFC 3887 §12).</summary>
public abstract record MtqpCommand
{
    /// <summary>§2.2: characters before the CRLF.</summary>
    public const int LongestLine = 998;

    private MtqpCommand()
    {
    }

    /// <summary>§4.</summary>
    /// <param name="EnvelopeId">Decoded.</param>
    /// <param name="Proof">The hash under which the store knows the secret.</param>
    /// <param name="Secret">Itself, for as long as the question is answered: servers behind this one are asked with it.</param>
    public sealed record Track(string EnvelopeId, TrackingCertifier Proof, ReadOnlyMemory<byte> Secret) : MtqpCommand
    {
        /// <summary>Without the secret.</summary>
        public override string ToString() => $"TRACK {EnvelopeId}";
    }

    /// <summary>§5.</summary>
    public sealed record Comment : MtqpCommand;

    /// <summary>§6.</summary>
    /// <param name="Domain">Whom the client believes to speak with, at least two labels.</param>
    public sealed record StartTls(string Domain) : MtqpCommand;

    /// <summary>§7.</summary>
    public sealed record Quit : MtqpCommand;

    /// <summary>§2.3: unrecognised, or of bad syntax.</summary>
    public sealed record Bad(string Text) : MtqpCommand;

    /// <summary>Reads a line without its CRLF. Never throws.</summary>
    public static MtqpCommand Read(ReadOnlySpan<byte> line)
    {
        if (line.Length > LongestLine) return new Bad("Line too long");
        foreach (var octet in line)
        {
            if (octet is not ((>= 0x20 and <= 0x7e) or (byte)'\t')) return new Bad("Only printable ASCII");
        }

        var rest = line;
        var keyword = Take(ref rest);
        if (Ascii.EqualsIgnoreCase(keyword, "COMMENT"u8)) return new Comment();
        if (Ascii.EqualsIgnoreCase(keyword, "TRACK"u8)) return ReadTrack(rest);
        if (Ascii.EqualsIgnoreCase(keyword, "STARTTLS"u8)) return ReadStartTls(rest);
        if (!Ascii.EqualsIgnoreCase(keyword, "QUIT"u8)) return new Bad("Unknown command");
        return Take(ref rest).IsEmpty ? new Quit() : new Bad("QUIT takes nothing");
    }

    private static MtqpCommand ReadTrack(ReadOnlySpan<byte> rest)
    {
        var named = Take(ref rest);
        var secret = Take(ref rest);
        if (secret.IsEmpty || !Take(ref rest).IsEmpty) return new Bad("TRACK takes an envelope id and a secret");
        // The grammar has no brackets, and every example of §4.1 has them.
        if (named.Length > 2 && named[0] == '<' && named[^1] == '>') named = named[1..^1];
        if (!Xtext.TryDecode(named, out var envelopeId) || !TrackingRequest.IsUnique(envelopeId)) return new Bad("That is no envelope id");
        return TrackingSecret.TryParse(secret, out var octets) ? new Track(envelopeId, TrackingCertifier.Of(octets), octets) : new Bad("The secret is not base64 of 1 to 128 octets");
    }

    private static MtqpCommand ReadStartTls(ReadOnlySpan<byte> rest)
    {
        var domain = Take(ref rest);
        if (!Take(ref rest).IsEmpty || domain.IndexOf((byte)'.') < 1 || domain.Length > 253 || domain.ContainsAnyExcept(DomainOctets)) return new Bad("STARTTLS takes a domain name");
        return new StartTls(Encoding.ASCII.GetString(domain));
    }

    /// <summary>The next word; empty: there is none.</summary>
    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest)
    {
        rest = rest.TrimStart(" \t"u8);
        var end = rest.IndexOfAny((byte)' ', (byte)'\t');
        var word = end < 0 ? rest : rest[..end];
        rest = end < 0 ? default : rest[end..];
        return word;
    }

    private static readonly System.Buffers.SearchValues<byte> DomainOctets =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-."u8);
}
