using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Akka.Remote.Transport;
using MilSwitch.Switching.Cluster.Transport;
using MilSwitch.Testing;

namespace MilSwitch.Switching.Tests.Cluster;

/// <summary>What strangers, and peers that went astray, may try on the port between nodes. Each time the cluster goes on.</summary>
[Collection(AloneCollection.Name)]
public sealed class StrangerTests : IDisposable
{
    private static readonly NodeTransportLimits Hasty = new() { Handshake = TimeSpan.FromMilliseconds(700) };
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private readonly NodePki pki = new();
    private readonly NodePki other = new("Other CA");

    public void Dispose()
    {
        pki.Dispose();
        other.Dispose();
    }

    [Theory]
    [InlineData("\0\0\0\u0004abcd")]
    [InlineData("GET / HTTP/1.1\r\nHost: node\r\n\r\n")]
    [InlineData("EHLO stranger\r\nMAIL FROM:<canary-7f3a@x.test>\r\n")]
    [InlineData("\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003canary-7f3a")]
    [Trait("Threat", "F36")]
    public async Task Refuses_what_is_no_tls(string text)
    {
        await using var node = await BareNode.StartAsync(pki.Identity(), Hasty);
        using var client = await ConnectAsync(node);
        await client.SendAsync(Encoding.Latin1.GetBytes(text));
        // Half a handshake is waited for; the rest is none.
        await Eventually.ComesTrueAsync(() => node.Meters.Refused(RefusalCause.Handshake) + node.Meters.Refused(RefusalCause.Timeout) is 1, Patience, "refused");
        await IsClosedAsync(client);
        await GoesOnAsync(node);
        Assert.NotEmpty(node.Log);
        Assert.All(node.Log, line => Assert.DoesNotContain("canary-7f3a", line, StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Threat", "F36")]
    public async Task Refuses_who_says_nothing_and_who_speaks_slowly()
    {
        await using var node = await BareNode.StartAsync(pki.Identity(), Hasty);
        using var silent = await ConnectAsync(node);
        using var slow = await ConnectAsync(node);
        // One octet of a handshake each 50 ms never ends.
        using var stop = new CancellationTokenSource();
        var dripping = Task.Run(async () =>
        {
            try
            {
                for (var i = 0; !stop.IsCancellationRequested; i++)
                {
                    await slow.SendAsync(new byte[] { i is 0 ? (byte)0x16 : (byte)3 }, stop.Token);
                    await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, stop.Token);
                }
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // It was closed.
            }
        });
        await Eventually.ComesTrueAsync(() => node.Meters.Refused(RefusalCause.Timeout) + node.Meters.Refused(RefusalCause.Handshake) is 2, Patience, "both are refused");
        await IsClosedAsync(silent);
        await stop.CancelAsync();
        await dripping;
        await GoesOnAsync(node);
    }

    [Theory]
    [InlineData("none", "no-certificate")]
    [InlineData("other authority", "untrusted")]
    [InlineData("self-signed", "untrusted")]
    [InlineData("expired", "expired")]
    [InlineData("not yet valid", "not-yet-valid")]
    [InlineData("server only", "wrong-purpose")]
    [InlineData("expired, other authority", "untrusted")]
    [Trait("Threat", "F36")]
    public async Task Refuses_certificates(string which, string cause)
    {
        await using var node = await BareNode.StartAsync(pki.Identity());
        using var shown = which switch
        {
            "other authority" => other.Issue(),
            "self-signed" => NodeCertificate.ForOne(TimeProvider.System).Certificate,
            "expired" => pki.Issue(to: -7.1),
            "not yet valid" => pki.Issue(from: 1),
            "server only" => pki.Issue(purposes: [NodePki.ServerPurpose]),
            "expired, other authority" => other.Issue(to: -1),
            _ => null,
        };
        using var client = await ConnectAsync(node);
        await using var stream = Tls(client);
        try
        {
            await stream.AuthenticateAsClientAsync(Shows(shown));
            Assert.Equal(0, await stream.ReadAsync(new byte[16]));
        }
        catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
        {
            // TLS 1.3 tells a client late that its certificate was refused.
        }

        var expected = Enum.GetValues<RefusalCause>().Single(c => NodeTransportMeters.Words(c.ToString()) == cause);
        await node.RefusedAsync(expected);
        Assert.Contains(node.Log, line => line.Contains(cause, StringComparison.Ordinal) && line.Contains("127.0.0.1", StringComparison.Ordinal));
        await GoesOnAsync(node);
    }

    [Fact]
    public async Task Asks_for_the_configured_name_of_peers_on_both_sides()
    {
        var limits = new NodeTransportLimits { PeerName = "node.milswitch.test" };
        using var named = pki.Issue("node.milswitch.test");
        await using var one = await BareNode.StartAsync(pki.Identity(named), limits);
        await using var two = await BareNode.StartAsync(pki.Identity(named), limits);
        await one.AssociateAsync(two);
        await using var addressed = await BareNode.StartAsync(pki.Identity(), limits);
        await Assert.ThrowsAsync<InvalidAssociationException>(() => one.Transport.Associate(addressed.Address));
        await one.RefusedAsync(RefusalCause.WrongName);
        await Assert.ThrowsAsync<InvalidAssociationException>(() => addressed.Transport.Associate(one.Address));
        await one.RefusedAsync(RefusalCause.WrongName, 2);
        // Whose certificate was refused hears no reason.
        await addressed.RefusedAsync(RefusalCause.Refused);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Threat", "F26")]
    public async Task An_expired_peer_of_the_right_authority_is_accepted_for_a_time_with_an_alarm(bool dialling)
    {
        using var expired = pki.Issue(to: -3);
        await using var good = await BareNode.StartAsync(pki.Identity());
        await using var late = await BareNode.StartAsync(pki.Identity(expired));
        var (from, to) = dialling ? (late, good) : (good, late);
        var (handle, _) = await from.AssociateAsync(to);
        await handle.SendAsync(Payload.Of(7));
        await to.TakeInbound().Received.CountAsync(1);
        var now = TimeProvider.System.GetUtcNow();
        Assert.Contains(good.Credentials.Alarms(now), a => a.Id is "node-peer:127.0.0.1");
        Assert.Contains(late.Credentials.Alarms(now), a => a.Id is "node-certificate");
        Assert.Contains(good.Log, line => line.Contains("has ended", StringComparison.Ordinal));
        // With a new certificate the alarm is gone.
        late.Credentials.Replace(pki.Identity());
        await Eventually.ComesTrueAsync(() => !good.Credentials.Alarms(now).Any(), Patience, "the alarm is cleared");
    }

    [Theory]
    [InlineData(0x00000000, "frame")]
    [InlineData(0x00000041, "frame")]
    [InlineData(0x7FFFFFFF, "frame")]
    [InlineData(unchecked((int)0x80000000), "frame")]
    [InlineData(unchecked((int)0xFFFFFFFF), "frame")]
    [InlineData(0x00000005, "protocol")]
    [Trait("Threat", "F36")]
    public async Task Refuses_first_frames_of_a_trusted_peer_that_went_astray(int length, string cause)
    {
        await using var node = await BareNode.StartAsync(pki.Identity());
        using var client = await ConnectAsync(node);
        await using var stream = Tls(client);
        await stream.AuthenticateAsClientAsync(Shows(pki.Issue()));
        await stream.WriteAsync(Word(length));
        await stream.WriteAsync("\u0001GETX"u8.ToArray());
        await node.RefusedAsync(cause is "frame" ? RefusalCause.Frame : RefusalCause.Protocol);
        await GoesOnAsync(node);
    }

    [Theory]
    [InlineData(0x00000000, 3)]
    [InlineData(128_001, 3)]
    [InlineData(0x7FFFFFFF, 3)]
    [InlineData(unchecked((int)0x80000000), 3)]
    [InlineData(unchecked((int)0xFFFFFFFF), 3)]
    [InlineData(1, 0)]
    [InlineData(1, 7)]
    [InlineData(1, 1)]
    [InlineData(1, 2)]
    [Trait("Threat", "F36")]
    public async Task Ends_an_association_with_a_frame_that_may_not_be(int length, byte kind)
    {
        await using var node = await BareNode.StartAsync(pki.Identity());
        using var client = await ConnectAsync(node);
        await using var stream = Tls(client);
        await stream.AuthenticateAsClientAsync(Shows(pki.Issue()));
        byte[] hello = [.. Word(22), 1, .. "MSN1"u8, 0, .. RandomNumberGenerator.GetBytes(16)];
        await stream.WriteAsync(hello);
        var welcome = new byte[6];
        await stream.ReadExactlyAsync(welcome);
        Assert.Equal([0, 0, 0, 2, 2, 0], welcome);
        await stream.WriteAsync((byte[])[.. Word(3), 3, 65, 66]);
        var (_, received) = node.TakeInbound();
        await received.CountAsync(1);
        await stream.WriteAsync((byte[])[.. Word(length), kind, 1, 2, 3]);
        await node.RefusedAsync(RefusalCause.Frame);
        await Eventually.ComesTrueAsync(() => received.Ended, Patience, "Akka is told");
        Assert.Single(received.Payloads);
        await GoesOnAsync(node);
    }

    [Fact]
    public async Task Continues_only_associations_that_exist()
    {
        await using var node = await BareNode.StartAsync(pki.Identity());
        using var client = await ConnectAsync(node);
        await using var stream = Tls(client);
        await stream.AuthenticateAsClientAsync(Shows(pki.Issue()));
        await stream.WriteAsync((byte[])[.. Word(22), 1, .. "MSN1"u8, 1, .. RandomNumberGenerator.GetBytes(16)]);
        var welcome = new byte[6];
        await stream.ReadExactlyAsync(welcome);
        Assert.Equal([0, 0, 0, 2, 2, (byte)WelcomeStatus.Unknown], welcome);
        await node.RefusedAsync(RefusalCause.Protocol);
    }

    [Fact]
    [Trait("Threat", "F33")]
    public async Task A_flood_of_connections_keeps_no_node_out()
    {
        await using var node = await BareNode.StartAsync(pki.Identity());
        var flood = new List<Socket>();
        try
        {
            for (var i = 0; i < 400; i++)
            {
                flood.Add(await ConnectAsync(node));
                if (i % 100 is 99) await GoesOnAsync(node);
            }

            await node.RefusedAsync(RefusalCause.Busy, 400 - 16);
            // One line of the log for hundreds of them.
            Assert.InRange(node.Log.Count(line => line.Contains("busy", StringComparison.Ordinal)), 1, 3);
        }
        finally
        {
            flood.ForEach(s => s.Dispose());
        }
    }

    [Fact]
    public async Task Takes_no_more_associations_than_there_are_places()
    {
        await using var node = await BareNode.StartAsync(pki.Identity(), new NodeTransportLimits { Inbound = 2 });
        await using var peer = await BareNode.StartAsync(pki.Identity());
        var (first, _) = await peer.AssociateAsync(node);
        await peer.AssociateAsync(node);
        await Assert.ThrowsAsync<InvalidAssociationException>(() => peer.Transport.Associate(node.Address));
        await node.RefusedAsync(RefusalCause.Busy);
        await peer.RefusedAsync(RefusalCause.Busy);
        first.Disassociate("test", Akka.Event.NoLogger.Instance);
        await Eventually.ComesTrueAsync(() => node.Meters.Connections is 1, Patience, "a place is free");
        await peer.AssociateAsync(node);
    }

    [Theory]
    [InlineData("other authority", "untrusted")]
    [InlineData("expired", "expired")]
    [InlineData("other name", "wrong-name")]
    [InlineData("client only", "wrong-purpose")]
    [InlineData("closes", "handshake")]
    [InlineData("garbage", "handshake")]
    [InlineData("silent", "timeout")]
    [InlineData("believes another authority", "refused")]
    [Trait("Threat", "F36")]
    public async Task Dialling_a_bad_peer_fails_and_nothing_else_happens(string which, string cause)
    {
        await using var node = await BareNode.StartAsync(pki.Identity(), Hasty);
        var certificate = which switch
        {
            "other authority" => other.Issue(),
            "expired" => pki.Issue(to: -7.1),
            "other name" => pki.Issue("127.0.0.2"),
            "client only" => pki.Issue(purposes: [NodePki.ClientPurpose]),
            _ => null,
        };
        using var plain = new TcpListener(IPAddress.Loopback, 0);
        await using var bad = await BareNode.StartAsync(which is "believes another authority" ? new NodeCertificate(pki.Issue(), [], [other.Root]) : pki.Identity(certificate));
        var address = bad.Address;
        if (which is "closes" or "garbage" or "silent")
        {
            plain.Start();
            address = address.WithPort(((IPEndPoint)plain.LocalEndpoint).Port);
            _ = Task.Run(async () =>
            {
                using var accepted = await plain.AcceptSocketAsync();
                if (which is "garbage") await accepted.SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
                if (which is not "closes") await accepted.ReceiveAsync(new byte[100_000]).WaitAsync(Patience);
                if (which is "silent") await accepted.ReceiveAsync(new byte[100_000]).WaitAsync(Patience);
            });
        }

        var failure = await Assert.ThrowsAsync<InvalidAssociationException>(() => node.Transport.Associate(address));
        Assert.Contains(cause, failure.Message, StringComparison.Ordinal);
        Assert.Null(failure.InnerException);
        Assert.Equal(1, Enum.GetValues<RefusalCause>().Sum(c => node.Meters.Refused(c)));
        await GoesOnAsync(node);
    }

    [Fact]
    [Trait("Threat", "F36")]
    public async Task Openssl_as_a_stranger_and_as_a_peer()
    {
        using var folder = new Workspace("nodeport");
        await using var node = await BareNode.StartAsync(pki.Identity());
        await File.WriteAllTextAsync(folder["ca.pem"], pki.Root.ExportCertificatePem());
        using var valid = pki.Issue();
        TestPki.Write(valid, folder["valid.pem"], folder["valid.key"]);

        // A stranger: no certificate, nothing that he says is heard.
        await OpensslAsync(node, folder, "GET / HTTP/1.0\n", "-tls1_3");
        await node.RefusedAsync(RefusalCause.NoCertificate);

        // Old versions and suites without authenticated encryption are not spoken.
        string[] own = ["-cert", folder["valid.pem"], "-key", folder["valid.key"], "-CAfile", folder["ca.pem"], "-verify_return_error"];
        await OpensslAsync(node, folder, "", ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0", .. own]);
        await OpensslAsync(node, folder, "", ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256", .. own]);
        await node.RefusedAsync(RefusalCause.Handshake, 2);

        // A peer with a good certificate, in TLS 1.3 and 1.2: the path is good, what it says is nonsense.
        foreach (var version in (string[])["-tls1_3", "-tls1_2"])
        {
            var before = node.Meters.Refused(RefusalCause.Frame);
            var (peer, _) = await OpensslAsync(node, folder, "GET / HTTP/1.0\n", [version, .. own]);
            Assert.Contains("Verify return code: 0 (ok)", peer, StringComparison.Ordinal);
            Assert.Contains("Secure Renegotiation IS", peer, StringComparison.Ordinal);
            Assert.Contains("Compression: NONE", peer, StringComparison.Ordinal);
            await node.RefusedAsync(RefusalCause.Frame, before + 1);
        }

        await GoesOnAsync(node);
    }

    [Theory]
    [InlineData("-tls1_3")]
    [InlineData("-tls1_2")]
    [Trait("Threat", "F36")]
    public async Task A_session_that_a_peer_had_opens_no_door_without_its_certificate(string version)
    {
        using var folder = new Workspace("tickets");
        await using var node = await BareNode.StartAsync(pki.Identity());
        await File.WriteAllTextAsync(folder["ca.pem"], pki.Root.ExportCertificatePem());
        using var valid = pki.Issue();
        TestPki.Write(valid, folder["valid.pem"], folder["valid.key"]);

        // A session, and what the server hands out for its resumption.
        var (peer, _) = await OpensslAsync(node, folder, "GET / HTTP/1.0\n", version, "-sess_out", folder["session"], "-cert", folder["valid.pem"], "-key", folder["valid.key"]);
        await node.RefusedAsync(RefusalCause.Frame);
        Assert.Contains("New, TLSv1", peer, StringComparison.Ordinal);
        // TLS 1.2 hands out nothing at all; TLS 1.3 does.
        Assert.True(File.Exists(folder["session"]) == version is "-tls1_3", peer);
        if (!File.Exists(folder["session"])) return;

        // Whoever got hold of it has no certificate of ours.
        var (thief, _) = await OpensslAsync(node, folder, "GET / HTTP/1.0\n", version, "-sess_in", folder["session"]);
        Assert.Contains("New, TLSv1", thief, StringComparison.Ordinal);
        Assert.DoesNotContain("Reused", thief, StringComparison.Ordinal);
        await node.RefusedAsync(RefusalCause.NoCertificate);
        Assert.Equal(1, node.Meters.Refused(RefusalCause.Frame));

        // Nor does the peer itself come in by it: it shows its certificate each time.
        var (again, _) = await OpensslAsync(node, folder, "GET / HTTP/1.0\n", version, "-sess_in", folder["session"], "-cert", folder["valid.pem"], "-key", folder["valid.key"]);
        Assert.DoesNotContain("Reused", again, StringComparison.Ordinal);
        await node.RefusedAsync(RefusalCause.Frame, 2);
    }

    private static async Task<(string Output, int Code)> OpensslAsync(BareNode node, Workspace folder, string input, params string[] arguments)
    {
        var start = new ProcessStartInfo("openssl", ["s_client", "-connect", $"127.0.0.1:{node.Port}", .. arguments])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder.Folder,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        try
        {
            await process.StandardInput.WriteAsync(input);
            await process.StandardInput.FlushAsync();
            // It ends when the node closes, or when it could not connect; its input stays open meanwhile.
            await process.WaitForExitAsync().WaitAsync(Patience);
        }
        catch (IOException)
        {
            // It ended before it read.
        }

        return (await output + await error, process.ExitCode);
    }

    // A good peer associates and is heard.
    private async Task GoesOnAsync(BareNode node)
    {
        while (node.Inbound.TryTake(out _))
        {
            // Of earlier peers.
        }

        await using var peer = await BareNode.StartAsync(pki.Identity());
        var (handle, _) = await peer.AssociateAsync(node);
        await handle.SendAsync(Payload.Of(42));
        await node.TakeInbound().Received.CountAsync(1);
    }

    private static async Task<Socket> ConnectAsync(BareNode node)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, node.Port);
        return socket;
    }

    private static async Task IsClosedAsync(Socket socket)
    {
        try
        {
            while (await socket.ReceiveAsync(new byte[256]).WaitAsync(Patience) > 0)
            {
                // An alert.
            }
        }
        catch (SocketException)
        {
            // Reset is closed as well.
        }
    }

    private static SslStream Tls(Socket socket) => new(new NetworkStream(socket));

    private static SslClientAuthenticationOptions Shows(X509Certificate2? certificate) => new()
    {
        TargetHost = "node",
        ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate, [], offline: true),
        RemoteCertificateValidationCallback = (_, _, _, _) => true,
    };

    private static byte[] Word(int value)
    {
        var octets = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(octets, value);
        return octets;
    }
}
