using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Acp127;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Host.Commands;
using MilSwitch.Host.Configuration;
using MilSwitch.Mime;

namespace MilSwitch.Host.Acp127;

/// <summary>
/// Gives what comes over a line to the switch, as an SMTP listener does: what is answered with anything but <see cref="Acp127Outcome.Later"/> is durable.
/// What is no message, or can't be mail or go anywhere, is accepted as held: its text shows all that came, with the line marked. Thread-safe.
/// </summary>
internal sealed class Acp127Intake(IIntake intake, Func<NodeConfiguration> configuration, TimeProvider time)
{
    /// <summary>Takes one message.</summary>
    /// <param name="line">Over which it came.</param>
    /// <param name="address">Of the client; empty: it was in a folder.</param>
    /// <param name="octets">As they came.</param>
    /// <param name="received">When: the same for the same file, so that what is read again is known again.</param>
    public async Task<Acp127Outcome> AcceptAsync(Acp127Line line, string address, ReadOnlyMemory<byte> octets, DateTimeOffset received, CancellationToken cancellationToken)
    {
        var now = configuration();
        var client = new ClientIdentity
        {
            Listener = line.Name, Role = ListenerRole.Relay, Address = address, Helo = now.Switch.HostName, MayRelay = true, HighestPrecedence = line.HighestPrecedence,
        };
        var mail = Acp127ToMail.Make(octets.Span, new Acp127Edge { Directory = now.Acp127.Directory, HostName = now.Switch.HostName, Originators = line.Originators });
        var garble = mail.Garble;
        if (garble is null)
        {
            var refusal = await TryAsync(client, line, mail.Recipients, mail.Content!, null, cancellationToken).ConfigureAwait(false);
            if (refusal is null) return Acp127Outcome.Accepted;
            if (IsForNow(refusal.Value.Why)) return Acp127Outcome.Later;
            garble = new Acp127Garble(0, 0, $"the switch refuses the mail: {refusal.Value.Detail ?? refusal.Value.Why.ToString()}");
        }

        var held = Held(line, octets, garble, mail.Precedence, received, now.Switch.HostName);
        return await TryAsync(client, line, [line.Operator], held, Reason(garble), cancellationToken).ConfigureAwait(false) is null ? Acp127Outcome.Held : Acp127Outcome.Later;
    }

    private async Task<(Refusal Why, string? Detail)?> TryAsync(
        ClientIdentity client, Acp127Line line, ImmutableArray<Mailbox> to, byte[] content, string? heldBecause, CancellationToken cancellationToken)
    {
        var request = new MailRequest(new ReversePath(line.Operator)) { DeclaredSize = content.Length };
        if ((await intake.MailAsync(client, request, cancellationToken).ConfigureAwait(false)).Refusal is { } mail) return (mail, null);
        ImmutableArray<Recipient> recipients = [.. to.Select(r => new Recipient(r))];
        foreach (var recipient in recipients)
        {
            if (await intake.RecipientAsync(client, request, recipient, cancellationToken).ConfigureAwait(false) is { } refusal) return (refusal, $"{recipient.Address.Text}: {refusal}");
        }

        var incoming = intake.Begin(client, new Envelope
        {
            ReversePath = request.ReversePath, Recipients = recipients, ArrivedAt = time.GetUtcNow(),
            Origin = new Origin { Listener = client.Listener, ClientAddress = client.Address, Helo = client.Helo },
        });
        await using (incoming.ConfigureAwait(false))
        {
            await incoming.WriteAsync(content, cancellationToken).ConfigureAwait(false);
            if (heldBecause is not null) incoming.Hold(heldBecause);
            var result = await incoming.CompleteAsync(cancellationToken).ConfigureAwait(false);
            return result.Refusal is { } refused ? (refused, result.Detail) : null;
        }
    }

    // Waiting may help.
    private static bool IsForNow(Refusal refusal) => refusal is Refusal.PriorityTooLowForNow or Refusal.StoreFull or Refusal.StoreUnavailable or Refusal.Overloaded
        or Refusal.NotOwner or Refusal.Shutdown or Refusal.TooManyMessages or Refusal.TooMuchFlash or Refusal.KeyUnavailable;

    private static string Reason(Acp127Garble garble)
    {
        var where = garble switch
        {
            { Line: > 0, FormatLine: > 0 } => $"line {garble.Line}, format line {garble.FormatLine}",
            { Line: > 0 } => $"line {garble.Line}",
            { FormatLine: > 0 } => $"format line {garble.FormatLine}",
            _ => "the whole",
        };
        return $"ACP 127: {where}: {garble.Reason}";
    }

    // For the operator: what came, the line marked. Whatever it holds can't be taken for anything but text.
    private static byte[] Held(Acp127Line line, ReadOnlyMemory<byte> octets, Acp127Garble garble, Precedence? level, DateTimeOffset received, string host)
    {
        var text = new StringBuilder();
        text.Append(FormalField.Write("From", [new MmhsAddress(line.Operator, "ACP 127 line " + line.Name)])).Append(FormalField.Write("To", [new MmhsAddress(line.Operator)]));
        text.Append(FormalField.Write("Date", received)).Append(CultureInfo.InvariantCulture, $"Message-ID: <held.{Convert.ToHexStringLower(SHA256.HashData(octets.Span)[..16])}@{host}>\r\n");
        text.Append(CultureInfo.InvariantCulture, $"Subject: Held message of ACP 127 on line {line.Name}\r\n");
        if (level is { } known) text.Append(CultureInfo.InvariantCulture, $"MMHS-Primary-Precedence: {known.Keyword()}\r\n");
        text.Append("Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n\r\n");
        text.Append(Reason(garble)).Append("\r\n\r\n");
        var number = 0;
        foreach (var written in Encoding.Latin1.GetString(octets.Span).Split('\n'))
        {
            number++;
            var rest = Printable(written.TrimEnd('\r'));
            var mark = number == garble.Line ? '>' : ' ';
            // RFC 5322 §2.1.1: a line of mail has an end.
            do
            {
                var piece = rest[..Math.Min(rest.Length, PieceLength)];
                text.Append(CultureInfo.InvariantCulture, $"{mark}{number,5} {piece}\r\n");
                rest = rest[piece.Length..];
            }
            while (rest.Length > 0);
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }

    private const int PieceLength = 900;

    // One character for each octet would not tell '?' from what isn't printable.
    private static string Printable(string line)
    {
        if (line.All(c => c is >= ' ' and <= '~' and not '\\')) return line;
        var text = new StringBuilder(line.Length + 16);
        foreach (var c in line)
        {
            if (c is >= ' ' and <= '~' and not '\\') text.Append(c);
            else text.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:X2}");
        }

        return text.ToString();
    }
}
