using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MilSwitch.Domain.Routing;
using MilSwitch.Smtp.Client;
using MilSwitch.Smtp.Syntax;

namespace MilSwitch.Smtp.Tracking;

/// <summary>Asks servers where a message is (RFC 3887); one question, one connection. Thread-safe.</summary>
/// <param name="transport">Opens connections.</param>
/// <param name="time">For the time that a question may take.</param>
/// <param name="anchors">Nobody is asked but inside TLS with a certificate of theirs for the server's name; null: inside TLS where it is offered, whoever answers.</param>
/// <param name="needsTls">Nobody is asked in the clear, whoever answers.</param>
/// <param name="mostLines">Of an answer; a longer one is none.</param>
public sealed class MtqpClient(ISmtpTransport transport, TimeProvider time, X509Certificate2Collection? anchors, bool needsTls = false, int mostLines = MtqpClient.MostLines)
{
    /// <summary>§2.4: a server that asks others has two minutes.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private static readonly TimeSpan ConnectTime = TimeSpan.FromSeconds(30);
    internal const int MostLines = 200_000;

    /// <summary>Asks one server. Never throws for what it does.</summary>
    /// <param name="server">Whom; its host is what its certificate must name.</param>
    /// <param name="envelopeId">Decoded.</param>
    /// <param name="secret">1 to 128 octets. Sent to the server, who can ask others with it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<MtqpReply> AskAsync(HopTarget server, string envelopeId, ReadOnlyMemory<byte> secret, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            await using var stream = await transport.OpenAsync(server, ConnectTime, time, either.Token);
            return await AskAsync(stream, server, envelopeId, secret, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Unreachable("no answer in time");
        }
        catch (Exception e) when (e is IOException or SocketException or TimeoutException or AuthenticationException or InvalidDataException)
        {
            return Unreachable(e.Message);
        }
    }

    private async ValueTask<MtqpReply> AskAsync(Stream stream, HopTarget server, string envelopeId, ReadOnlyMemory<byte> secret, CancellationToken cancellationToken)
    {
        var lines = new LineReader(stream);
        var (greeting, options) = await ReadAsync(lines, cancellationToken);
        if (!greeting.Contains("/MTQP", StringComparison.OrdinalIgnoreCase)) return Unreachable("it does not speak MTQP");
        if (greeting[0] is not '+') return new MtqpReply(MtqpOutcome.Refused, greeting, [], false);
        var offersTls = options.Any(o => o.Split(' ', '\t')[0].Equals("STARTTLS", StringComparison.OrdinalIgnoreCase));
        // §11: without the option somebody in between may have taken it away.
        if (MustBeSecured && !offersTls) return Unreachable(anchors is not null ? "it offers no TLS, and anchors are given" : "it offers no TLS");
        if (!offersTls) return await TrackAsync(stream, lines, envelopeId, secret, isSecured: false, cancellationToken);

        await SayAsync(stream, "STARTTLS " + server.Host, cancellationToken);
        var (ready, _) = await ReadAsync(lines, cancellationToken);
        if (ready[0] is not '+') return MustBeSecured ? Unreachable(ready) : await TrackAsync(stream, lines, envelopeId, secret, isSecured: false, cancellationToken);
        if (lines.HasMore) return Unreachable("octets came behind the answer to STARTTLS");
        await using var tls = new SslStream(stream, leaveInnerStreamOpen: true);
        await tls.AuthenticateAsClientAsync(Options(server.Host), cancellationToken);
        // §6.2: what was known is forgotten.
        lines = new LineReader(tls);
        (greeting, _) = await ReadAsync(lines, cancellationToken);
        return greeting[0] is '+' ? await TrackAsync(tls, lines, envelopeId, secret, isSecured: true, cancellationToken) : new MtqpReply(MtqpOutcome.Refused, greeting, [], true);
    }

    private bool MustBeSecured => needsTls || anchors is not null;

    private async ValueTask<MtqpReply> TrackAsync(Stream stream, LineReader lines, string envelopeId, ReadOnlyMemory<byte> secret, bool isSecured, CancellationToken cancellationToken)
    {
        await SayAsync(stream, $"TRACK <{Xtext.Encode(envelopeId)}> {Convert.ToBase64String(secret.Span)}", cancellationToken);
        var (status, body) = await ReadAsync(lines, cancellationToken);
        if (status[0] is not '+') return new MtqpReply(status.Contains("/noinfo", StringComparison.OrdinalIgnoreCase) ? MtqpOutcome.NoInformation : MtqpOutcome.Refused, status, [], isSecured);
        return TrackingStatusReader.TryRead(body, out var found) ? new MtqpReply(MtqpOutcome.Found, status, found, isSecured) : Unreachable("its answer is no tracking status");
    }

    // Not the system's anchors, and nothing is fetched.
    private SslClientAuthenticationOptions Options(string host)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = host, EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13 };
        if (anchors is null)
        {
            // Without anchors nobody is known, and TLS keeps out who only listens.
            options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
            return options;
        }

        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, DisableCertificateDownloads = true, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(anchors);
        options.CertificateChainPolicy = policy;
        return options;
    }

    private static ValueTask SayAsync(Stream stream, string line, CancellationToken cancellationToken) => stream.WriteAsync(Encoding.ASCII.GetBytes(line + "\r\n"), cancellationToken);

    /// <summary>A status line, and what follows it when it says <c>+OK+</c>, without dots in front.</summary>
    private async ValueTask<(string Status, List<string> Body)> ReadAsync(LineReader lines, CancellationToken cancellationToken)
    {
        var body = new List<string>();
        var status = await lines.ReadAsync(cancellationToken);
        if (status.Length is 0 || status[0] is not ('+' or '-')) throw new InvalidDataException("it does not speak MTQP");
        var indicator = status.AsSpan(0, status.AsSpan().IndexOfAny('/', ' ', '\t') is var end and >= 0 ? end : status.Length);
        if (!indicator.Equals("+OK+", StringComparison.OrdinalIgnoreCase)) return (status, body);
        while (await lines.ReadAsync(cancellationToken) is var line && line != ".")
        {
            if (body.Count >= mostLines) throw new InvalidDataException("its answer has no end");
            body.Add(line.StartsWith('.') ? line[1..] : line);
        }

        return (status, body);
    }

    private static MtqpReply Unreachable(string why) => new(MtqpOutcome.Unreachable, why, [], false);

    /// <summary>Lines of 998 characters at most, whatever is not printable ASCII made printable.</summary>
    private sealed class LineReader(Stream stream)
    {
        private readonly byte[] buffer = new byte[4096];
        private readonly StringBuilder line = new();
        private int start;
        private int end;

        public bool HasMore => start < end;

        public async ValueTask<string> ReadAsync(CancellationToken cancellationToken)
        {
            line.Clear();
            while (true)
            {
                if (start == end)
                {
                    (start, end) = (0, await stream.ReadAsync(buffer, cancellationToken));
                    if (end is 0) throw new IOException("it ended the connection");
                }

                var octet = buffer[start++];
                if (octet is (byte)'\n') return line is { Length: > 0 } && line[^1] == '\r' ? line.ToString(0, line.Length - 1) : throw new InvalidDataException("a line does not end with CRLF");
                if (line.Length > MtqpCommand.LongestLine) throw new InvalidDataException("a line is too long");
                line.Append(octet is (byte)'\r' or (byte)'\t' or (>= 0x20 and <= 0x7e) ? (char)octet : '?');
            }
        }
    }
}
