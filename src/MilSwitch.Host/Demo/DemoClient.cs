using System.Globalization;
using System.Net;
using System.Net.Sockets;
using MailKit.Net.Smtp;
using MailKit.Security;
using MilSwitch.Domain.Precedences;
using MimeKit;

namespace MilSwitch.Host.Demo;

/// <summary>Hands mail in as a mail program does. One message at a time; not thread-safe.</summary>
internal sealed class DemoClient : IAsyncDisposable
{
    private readonly SmtpClient client = new();

    private DemoClient()
    {
    }

    public static async Task<DemoClient> ConnectAsync(IPEndPoint endpoint, CancellationToken cancellationToken)
    {
        var made = new DemoClient();
        // Without NoDelay each message waits for a delayed acknowledgement.
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endpoint, cancellationToken);
            made.client.LocalDomain = "home.test";
            await made.client.ConnectAsync(socket, endpoint.Address.ToString(), endpoint.Port, SecureSocketOptions.None, cancellationToken);
            return made;
        }
        catch
        {
            socket.Dispose();
            made.client.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The last line of the switch's answer. The level travels as a mail program can say it: in the header (RFC 6477 §3.8).
    /// </summary>
    public Task<string> SendAsync(string from, IEnumerable<string> to, string subject, string text, Precedence precedence, CancellationToken cancellationToken)
    {
        var message = new MimeMessage { Subject = subject, Body = new TextPart("plain") { Text = text } };
        message.From.Add(MailboxAddress.Parse(from));
        foreach (var recipient in to) message.To.Add(MailboxAddress.Parse(recipient));
        message.Headers.Add("MMHS-Primary-Precedence", string.Create(CultureInfo.InvariantCulture, $"{(int)precedence} ({precedence.Keyword()})"));
        return client.SendAsync(message, cancellationToken);
    }

    /// <summary>Hands in a message that was made elsewhere, as it is.</summary>
    public async Task SendRawAsync(byte[] message, string from, string to, CancellationToken cancellationToken)
    {
        using var octets = new MemoryStream(message);
        await client.SendAsync(await MimeMessage.LoadAsync(octets, cancellationToken), MailboxAddress.Parse(from), [MailboxAddress.Parse(to)], cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (client.IsConnected) await client.DisconnectAsync(quit: true);
        client.Dispose();
    }
}
