using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MilSwitch.Domain.Routing;
using MilSwitch.Smtp.Client;

namespace MilSwitch.Smtp.Tests.Client;

/// <summary>A next hop in memory that does what a test's script says; the transport the client reaches it by.</summary>
internal sealed class ScriptedHop(Func<ScriptedHop.Session, Task> script, bool octetByOctet = false) : ISmtpTransport
{
    private readonly List<Task> sessions = [];

    public List<DuplexStream> ClientEnds { get; } = [];

    /// <summary>Everything a client sent that was read as a command line, over all sessions.</summary>
    public List<string> Commands { get; } = [];

    public int Connections => ClientEnds.Count;

    public ValueTask<Stream> OpenAsync(HopTarget target, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        var (client, server) = DuplexStream.Pair(octetByOctet);
        ClientEnds.Add(client);
        sessions.Add(RunAsync(new Session(this, server)));
        return ValueTask.FromResult<Stream>(client);
    }

    public bool HasInput(Stream stream) => ((DuplexStream)stream).HasInput;

    /// <summary>Waits for the scripts to end, and throws what they threw.</summary>
    public Task FinishedAsync() => Task.WhenAll(sessions).WaitAsync(TimeSpan.FromSeconds(20));

    private async Task RunAsync(Session session)
    {
        await Task.Yield();
        try
        {
            await script(session);
        }
        finally
        {
            session.Close();
        }
    }

    internal sealed class Session(ScriptedHop hop, Stream stream)
    {
        private readonly byte[] one = new byte[1];

        public int Number { get; } = hop.Connections;

        public void Close() => stream.Dispose();

        public async Task SendAsync(string text) => await stream.WriteAsync(Encoding.Latin1.GetBytes(text));

        /// <summary>Null at the end of the connection.</summary>
        public async Task<string?> ReadLineAsync()
        {
            var line = new List<byte>();
            while (true)
            {
                int count;
                try
                {
                    count = await stream.ReadAsync(one);
                }
                catch (IOException)
                {
                    count = 0;
                }

                if (count == 0) return null;
                line.Add(one[0]);
                if (line.Count < 2 || line[^1] != '\n' || line[^2] != '\r') continue;
                var text = Encoding.UTF8.GetString([.. line[..^2]]);
                lock (hop.Commands) hop.Commands.Add(text);
                return text;
            }
        }

        public async Task<string> ExpectAsync(string start)
        {
            var line = await ReadLineAsync();
            Assert.StartsWith(start, line ?? "(end)", StringComparison.Ordinal);
            return line!;
        }

        public async Task GreetAsync(params string[] capabilities)
        {
            await SendAsync("220 hop.example ESMTP\r\n");
            await HelloAsync(capabilities);
        }

        public async Task HelloAsync(params string[] capabilities)
        {
            await ExpectAsync("EHLO ");
            await SendAsync(string.Join("", capabilities.Prepend("hop.example").Select((c, i) => $"250{(i == capabilities.Length ? ' ' : '-')}{c}\r\n")));
        }

        public async Task ReplyAsync(string command, string reply)
        {
            await ExpectAsync(command);
            await SendAsync(reply + "\r\n");
        }

        public async Task<byte[]> ReadOctetsAsync(int count)
        {
            var octets = new byte[count];
            await stream.ReadExactlyAsync(octets);
            return octets;
        }

        /// <summary>The content of DATA with the stuffing undone.</summary>
        public async Task<byte[]> ReadDataAsync()
        {
            var content = new List<byte>();
            var line = new List<byte>();
            while (true)
            {
                if (await stream.ReadAsync(one) == 0) throw new EndOfStreamException();
                line.Add(one[0]);
                if (line.Count < 2 || line[^1] != '\n' || line[^2] != '\r') continue;
                if (line.Count == 3 && line[0] == '.') return [.. content];
                content.AddRange(line[0] == '.' ? line.Skip(1) : line);
                line.Clear();
            }
        }

        /// <summary>Answers every command well until the client leaves, and gives back the contents.</summary>
        public async Task<List<byte[]>> ServeAsync(string finalReply = "250 2.0.0 queued")
        {
            var contents = new List<byte[]>();
            var chunks = new List<byte>();
            while (await ReadLineAsync() is { } line)
            {
                switch (line.Split(' ')[0])
                {
                    case "DATA":
                        await SendAsync("354 go\r\n");
                        contents.Add(await ReadDataAsync());
                        await SendAsync(finalReply + "\r\n");
                        break;
                    case "BDAT":
                        chunks.AddRange(await ReadOctetsAsync(int.Parse(line.Split(' ')[1])));
                        if (line.EndsWith("LAST"))
                        {
                            contents.Add([.. chunks]);
                            chunks.Clear();
                            await SendAsync(finalReply + "\r\n");
                            break;
                        }

                        await SendAsync("250 2.0.0 chunk\r\n");
                        break;
                    case "RSET":
                        chunks.Clear();
                        await SendAsync("250 2.0.0 reset\r\n");
                        break;
                    case "QUIT":
                        await SendAsync("221 2.0.0 bye\r\n");
                        return contents;
                    default:
                        await SendAsync("250 2.1.0 ok\r\n");
                        break;
                }
            }

            return contents;
        }

        public async Task StartTlsAsync(X509Certificate2 certificate, bool askClient = false, Action<X509Certificate?>? seen = null)
        {
            await ReplyAsync("STARTTLS", "220 go");
            await HandshakeAsync(certificate, askClient, seen);
        }

        public async Task HandshakeAsync(X509Certificate2 certificate, bool askClient = false, Action<X509Certificate?>? seen = null)
        {
            var secure = new SslStream(stream, false, (_, _, _, _) => true);
            await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificate = certificate, ClientCertificateRequired = askClient,
            });
            seen?.Invoke(secure.RemoteCertificate);
            stream = secure;
        }
    }
}
