using System.Collections.Immutable;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MilSwitch.Host.Commands;
using MimeKit;

namespace MilSwitch.Host.Sendmail;

/// <summary>
/// <c>milswitch sendmail</c>, or the program under the name <c>sendmail</c>: hands in one message from standard input, for
/// programs that know no other way. It keeps nothing: exit 0 says that the switch has taken the message.
/// </summary>
internal sealed class SendmailCommand(CommandEnvironment environment, TimeProvider time)
{
    public const string Description = "Hand in the message on standard input, for programs that call sendmail";

    public static readonly string[] Examples =
    [
        "printf 'To: ops@b.example\\nSubject: alarm\\n\\ntext\\n' | milswitch sendmail -t -i",
        "milswitch sendmail -f watch@a.example -N failure,delay ops@b.example <message",
        "milswitch sendmail -C /etc/milswitch/sendmail.yaml --precedence flash -t <message",
    ];

    private const string Usage =
        """
        Description:
          Hand in the message on standard input, for programs that call sendmail

        Usage:
          milswitch sendmail [options] [--] [RECIPIENT...]

        Options:
          -t                    Recipients are those of To, Cc and Bcc, too; Bcc is taken out
          -i, -oi               A line with one dot is text and not the end
          -f ADDRESS            Reverse path; <> for none
          -F NAME               Full name, where the message has no From
          -N never|LIST         Reports: some of success, failure, delay
          -R hdrs|full          How much of the message a report returns
          -V ENVID              Envelope id
          -C FILE               Server, TLS and account; without it /etc/milswitch/sendmail.yaml, else 127.0.0.1:25 in clear
          --precedence LEVEL    deferred, routine, priority, immediate, flash or override
          --help                This text

        -r is -f. Taken, and without meaning here: -bm, -c, -G, -m, -n, -U, -v, -x, and with a value -A, -B, -e, -h, -L, -o, -O, -p, -X.

        Exit codes: 0 taken, 64 wrong use, 65 no message or no recipient, 67 a recipient refused (then
        nobody gets it), 69 refused, 75 try again later, 77 not permitted, 78 bad settings

        Examples:
        """;

    /// <summary>Runs one call to its end.</summary>
    /// <param name="arguments">Without the program's name.</param>
    /// <param name="cancellationToken">Ends it; nobody knows then whether the message was taken.</param>
    public async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        try
        {
            var options = SendmailOptions.Parse(arguments);
            if (options.Help)
            {
                environment.Output.WriteLine(Usage);
                foreach (var line in Examples) environment.Output.WriteLine("  " + line);
                return ExitCodes.Done;
            }

            await SendAsync(options, cancellationToken).ConfigureAwait(false);
            return ExitCodes.Done;
        }
        catch (SendmailFault fault)
        {
            foreach (var line in fault.Message.Split('\n')) environment.Error.WriteLine("sendmail: " + Text.Printable(line));
            return fault.ExitCode;
        }
    }

    private async Task SendAsync(SendmailOptions options, CancellationToken cancellationToken)
    {
        var settings = SendmailSettings.Read(options.Settings);
        var given = options.Recipients.SelectMany(r => SendmailDraft.Parse(r, settings.Domain, $"'{r}'")).ToImmutableArray();
        if (given.IsEmpty && !options.FromHeader) throw new SendmailFault(SendmailFault.Usage, "no recipients; name them, or give -t for those of To, Cc and Bcc");
        var own = new MailboxAddress(options.FullName ?? "", $"{Environment.UserName}@{settings.Domain}");
        var sender = options.Sender switch
        {
            null => own,
            "" => null,
            var text => SendmailDraft.Parse(text, settings.Domain, "-f").ToArray() is [var one] ? one : throw new SendmailFault(SendmailFault.Usage, "-f wants one address"),
        };

        var draft = await SendmailDraft.ReadAsync(environment.OpenInput(), options.IgnoreDots, cancellationToken).ConfigureAwait(false);
        var recipients = options.FromHeader ? given.AddRange(draft.Addresses(settings.Domain, "To", "Cc", "Bcc")) : given;
        if (recipients.IsEmpty) throw new SendmailFault(SendmailFault.Content, "no recipients: neither on the command line nor in To, Cc or Bcc");
        if (options.Precedence is { } level) draft.Mark(level);
        draft.Remove("Bcc");
        draft.Complete(sender is null ? own : new MailboxAddress(options.FullName ?? sender.Name, sender.Address), settings.Domain, time.GetUtcNow());

        using var octets = draft.Open();
        using var message = await MimeMessage.LoadAsync(octets, persistent: true, cancellationToken).ConfigureAwait(false);
        await SubmitAsync(settings, options, message, sender, [.. recipients.DistinctBy(r => r.Address, StringComparer.Ordinal)], cancellationToken).ConfigureAwait(false);
    }

    private static async Task SubmitAsync(
        SendmailSettings settings, SendmailOptions options, MimeMessage message, MailboxAddress? sender, ImmutableArray<MailboxAddress> recipients, CancellationToken cancellationToken)
    {
        using var client = new Client(options) { Timeout = (int)settings.Timeout.TotalMilliseconds };
        try
        {
            if (settings.Certificate is not null) client.ClientCertificates = [settings.Certificate];
            if (settings.Anchors.Count > 0) client.ServerCertificateValidationCallback = (_, certificate, chain, errors) => IsTrusted(settings.Anchors, certificate, chain, errors);
            client.CheckCertificateRevocation = false;
            await client.ConnectAsync(settings.Host, settings.Port, settings.Tls, cancellationToken).ConfigureAwait(false);
            if (settings.Account is not null) await client.AuthenticateAsync(settings.Account, settings.Password!, cancellationToken).ConfigureAwait(false);
            // The null reverse path is a mailbox without an address to it.
            await client.SendAsync(FormatOptions.Default, message, sender ?? new MailboxAddress("", ""), recipients, cancellationToken).ConfigureAwait(false);
            await client.DisconnectAsync(quit: true, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is AuthenticationException or ServiceNotAuthenticatedException)
        {
            throw new SendmailFault(SendmailFault.NotPermitted, "not permitted: " + fault.Message);
        }
        catch (SslHandshakeException)
        {
            throw new SendmailFault(SendmailFault.Later, $"{settings.Host}:{settings.Port}: the server's certificate is not trusted, or there is no TLS");
        }
        catch (SmtpCommandException fault)
        {
            var code = (int)fault.StatusCode;
            throw new SendmailFault(
                code is 530 or 535 ? SendmailFault.NotPermitted : code < 500 ? SendmailFault.Later : fault.ErrorCode is SmtpErrorCode.RecipientNotAccepted ? SendmailFault.NoUser : SendmailFault.Refused,
                $"{(fault.Mailbox is { } whom ? $"<{whom.Address}>: " : "")}{code} {fault.Message}");
        }
        catch (NotSupportedException fault)
        {
            throw new SendmailFault(SendmailFault.Refused, fault.Message);
        }
        catch (Exception fault) when (fault is SocketException or IOException or ProtocolException or TimeoutException)
        {
            throw new SendmailFault(SendmailFault.Later, $"nobody takes mail at {settings.Host}:{settings.Port}: {fault.Message}");
        }
    }

    private static bool IsTrusted(X509Certificate2Collection anchors, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if ((errors & ~SslPolicyErrors.RemoteCertificateChainErrors) is not 0 || certificate is not X509Certificate2 own) return false;
        using var path = new X509Chain();
        path.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        path.ChainPolicy.CustomTrustStore.AddRange(anchors);
        path.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        foreach (var element in chain is null ? [] : chain.ChainElements.ToArray()) path.ChainPolicy.ExtraStore.Add(element.Certificate);
        return path.Build(own);
    }

    /// <summary>With what RFC 3461 adds to MAIL and RCPT.</summary>
    private sealed class Client : SmtpClient
    {
        private readonly SendmailOptions options;

        public Client(SendmailOptions options)
        {
            this.options = options;
            if (options.Return is { } type) DeliveryStatusNotificationType = type;
        }

        // A signature covers what was written; encodings are changed for a server that takes nothing else.
        protected override void Prepare(FormatOptions options, MimeMessage message, EncodingConstraint constraint, int maxLineLength)
        {
            if (!Capabilities.HasFlag(SmtpCapabilities.EightBitMime)) base.Prepare(options, message, constraint, maxLineLength);
        }

        protected override string? GetEnvelopeId(MimeMessage message) => options.EnvelopeId;

        protected override DeliveryStatusNotification? GetDeliveryStatusNotifications(MimeMessage message, MailboxAddress mailbox) => options.Notify;
    }
}
