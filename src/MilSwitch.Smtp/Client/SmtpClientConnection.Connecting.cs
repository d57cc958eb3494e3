using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Domain.Routing;

namespace MilSwitch.Smtp.Client;

public sealed partial class SmtpClientConnection
{
    private ConnectPhase phase = ConnectPhase.Greeting;
    private string? certificateFault;

    /// <summary>
    /// Connects, reads the greeting, says EHLO (HELO when EHLO is not understood) and makes TLS as the link asks.
    /// <list type="bullet">
    /// <item>None: STARTTLS is not used.</item>
    /// <item>Opportunistic (RFC 7435): TLS whenever it can be made, with any certificate. In clear when STARTTLS is not
    /// offered or is refused, and, over a fresh connection, when the handshake fails.</item>
    /// <item>Required: no MAIL in clear and none to a hop whose certificate does not verify for its name.</item>
    /// </list>
    /// Octets that came in clear behind the answer to STARTTLS end the connection in every mode: somebody tries to speak
    /// from within the encrypted session (THREATS S4). Throws only <see cref="OperationCanceledException"/>, when cancelled.
    /// </summary>
    public static async ValueTask<ConnectResult> ConnectAsync(
        HopTarget target, LinkSettings settings, ISmtpTransport transport, TimeProvider time, CancellationToken cancellationToken)
    {
        var result = await AttemptAsync(target, settings, transport, time, settings.Tls.Mode, cancellationToken);
        SmtpClientMeter.CountConnection(settings, result);
        if (settings.Tls.Mode == LinkTlsMode.Opportunistic && result is ConnectResult.Failed { Phase: ConnectPhase.Handshake })
        {
            result = await AttemptAsync(target, settings, transport, time, LinkTlsMode.None, cancellationToken);
            SmtpClientMeter.CountConnection(settings, result);
        }

        return result;
    }

    private static async ValueTask<ConnectResult> AttemptAsync(
        HopTarget target, LinkSettings settings, ISmtpTransport transport, TimeProvider time, LinkTlsMode mode, CancellationToken cancellationToken)
    {
        Stream stream;
        try
        {
            stream = await transport.OpenAsync(target, settings.ConnectTimeout, time, cancellationToken);
        }
        catch (SocketException e)
        {
            var unknownHost = e.SocketErrorCode is SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData or SocketError.NoRecovery;
            return new ConnectResult.Failed(unknownHost ? ConnectPhase.Resolve : ConnectPhase.Connect, e.Message);
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            return new ConnectResult.Failed(ConnectPhase.Connect, e.Message);
        }

        var connection = new SmtpClientConnection(target, settings, transport, time, stream);
        connection.SeeEvent($"connected to {target.Host}:{target.Port.ToString(CultureInfo.InvariantCulture)}");
        ConnectResult? result = null;
        try
        {
            await using var registration = cancellationToken.UnsafeRegister(CancelDeadline, connection.deadline);
            result = await connection.GreetAsync(mode) ?? new ConnectResult.Connected(connection);
            return result;
        }
        catch (Exception e) when (IsPeerFault(e) && !cancellationToken.IsCancellationRequested)
        {
            return new ConnectResult.Failed(connection.phase, connection.certificateFault ?? Describe(e));
        }
        catch (Exception e) when (IsPeerFault(e))
        {
            throw new OperationCanceledException("connecting was cancelled", e, cancellationToken);
        }
        finally
        {
            connection.output.Release();
            if (!connection.closed) connection.Disarm();
            if (result is not ConnectResult.Connected) await connection.DisposeAsync();
        }
    }

    /// <summary>Null when the connection is ready for MAIL.</summary>
    private async ValueTask<ConnectResult?> GreetAsync(LinkTlsMode mode)
    {
        await ReadReplyAsync(settings.CommandTimeout);
        if (replies.IsRefusal) return new ConnectResult.Refused(replies.ToReply());
        if (replies.Code != 220) throw new SmtpProtocolException($"greeted with {replies.Code}");
        phase = ConnectPhase.Hello;
        if (await HelloAsync() is { } refused) return refused;
        if (mode == LinkTlsMode.None) return null;
        phase = ConnectPhase.StartTls;
        if (!Capabilities.StartTls)
            return mode == LinkTlsMode.Required ? new ConnectResult.Failed(phase, "the hop does not offer STARTTLS, which this link requires") : null;
        ThrowIfAnswered();
        output.Append("STARTTLS\r\n"u8);
        await AskAsync();
        if (replies.IsRefusal)
            return mode == LinkTlsMode.Required ? new ConnectResult.Failed(phase, $"STARTTLS was refused: {replies.ToReply()}") : null;
        // RFC 3207 §4 knows no other positive answer, and nothing may come between it and the handshake.
        if (replies.Code != 220) throw new SmtpProtocolException($"STARTTLS was answered {replies.Code}");
        if (replies.Buffered > 0) throw new SmtpProtocolException("octets in clear behind the answer to STARTTLS");
        await HandshakeAsync(mode);
        // RFC 3207 §4.2: what was learned in clear does not count any more.
        Capabilities = HopCapabilities.None;
        phase = ConnectPhase.Hello;
        return await HelloAsync();
    }

    private async ValueTask<ConnectResult.Refused?> HelloAsync()
    {
        ThrowIfAnswered();
        // RFC 2033 §4.1: a name of its own, so that both notice when they don't speak the same protocol.
        var lmtp = settings.Protocol == LinkProtocol.Lmtp;
        output.Append(lmtp ? "LHLO "u8 : "EHLO "u8);
        output.AppendArgument(settings.HeloName);
        output.Append("\r\n"u8);
        await AskAsync();
        if (replies.Code >= 500 && !lmtp)
        {
            // RFC 5321 §3.2: an older server.
            ThrowIfAnswered();
            output.Append("HELO "u8);
            output.AppendArgument(settings.HeloName);
            output.Append("\r\n"u8);
            await AskAsync();
            if (replies.IsRefusal) return new ConnectResult.Refused(replies.ToReply());
            if (!replies.IsPositive) throw new SmtpProtocolException($"HELO was answered {replies.Code}");
            ThrowIfAnswered();
            return null;
        }

        if (replies.IsRefusal) return new ConnectResult.Refused(replies.ToReply());
        if (!replies.IsPositive) throw new SmtpProtocolException($"EHLO was answered {replies.Code}");
        var capabilities = HopCapabilities.None;
        var first = true;
        foreach (var line in replies.Lines())
        {
            // The first line names the hop.
            if (!first) capabilities = capabilities.With(line);
            first = false;
        }

        Capabilities = capabilities;
        ThrowIfAnswered();
        return null;
    }

    private async ValueTask AskAsync()
    {
        await WriteAsync(output.Written, settings.CommandTimeout);
        output.Clear();
        await ReadReplyAsync(settings.CommandTimeout);
    }

    private async ValueTask HandshakeAsync(LinkTlsMode mode)
    {
        phase = ConnectPhase.Certificate;
        SslClientAuthenticationOptions options;
        try
        {
            options = new SslClientAuthenticationOptions
            {
                TargetHost = settings.Tls.ServerName ?? Target.Host,
                // RFC 8996: nothing below 1.2.
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                AllowRenegotiation = false,
                CertificateChainPolicy = LinkCertificates.ChainPolicy(settings.Tls),
                ClientCertificateContext = LinkCertificates.ClientCertificate(settings.Tls),
                RemoteCertificateValidationCallback = (_, _, chain, errors) => Judge(chain, errors, mode),
            };
        }
        catch (Exception e) when (e is CryptographicException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new AuthenticationException("a certificate file of the link can't be used:", e);
        }

        phase = ConnectPhase.Handshake;
        var secure = new SslStream(stream, leaveInnerStreamOpen: false);
        stream = secure;
        Arm(settings.ConnectTimeout);
        try
        {
            await secure.AuthenticateAsClientAsync(options, deadline.Token);
        }
        catch (AuthenticationException) when (certificateFault is not null)
        {
            phase = ConnectPhase.Certificate;
            throw;
        }

        replies = new ReplyReader(secure);
        Tls = $"{NameOf(secure.SslProtocol)} {secure.NegotiatedCipherSuite}";
        SeeEvent("TLS: " + Tls);
    }

    private bool Judge(X509Chain? chain, SslPolicyErrors errors, LinkTlsMode mode)
    {
        TlsVerified = errors == SslPolicyErrors.None;
        if (TlsVerified || mode == LinkTlsMode.Opportunistic) return true;
        var name = errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) ? " it is not for this host's name;" : "";
        var none = errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable) ? " the hop has none;" : "";
        var status = chain is null ? "" : string.Join(", ", chain.ChainStatus.Select(s => s.Status).Distinct());
        certificateFault = $"the hop's certificate is not accepted:{name}{none} {status}".TrimEnd(' ', ';');
        return false;
    }

    private static string NameOf(SslProtocols protocol) => protocol switch
    {
        SslProtocols.Tls12 => "TLSv1.2",
        SslProtocols.Tls13 => "TLSv1.3",
        _ => protocol.ToString(),
    };
}
