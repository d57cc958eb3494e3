using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Lookup.Service;
using MilSwitch.Lookup.Service.Ldap;
using static MilSwitch.Lookup.Tests.Service.ProxyMaterial;

namespace MilSwitch.Lookup.Tests.Service;

/// <summary>A listener of one test with what it answers from.</summary>
internal sealed class LdapServer : IAsyncDisposable
{
    public const string Suffix = "ou=boundary,dc=unit,dc=example";
    private readonly List<TcpClient> clients = [];

    public LdapServer(LdapSettings? settings = null, ProxyAuthoritySettings? issuing = null, SslServerAuthenticationOptions? tls = null, bool isImplicit = false, TimeProvider? clock = null)
    {
        Authority = Authority(Log, Time, issuing ?? Settings with { GatewayKeys = [RsaKey, EcKey], MostPerMinute = 10_000, MostPerMinuteOfClient = 10_000 });
        Listener = LdapListener.Start(Authority, settings ?? new LdapSettings { Suffix = Suffix }, new IPEndPoint(IPAddress.Loopback, 0), clock ?? TimeProvider.System, tls, isImplicit);
    }

    public FakeTimeProvider Time { get; } = new(Now);

    public MemoryLog Log { get; } = new();

    public ProxyAuthority Authority { get; }

    public LdapListener Listener { get; }

    public string Uri => $"ldap://127.0.0.1:{Listener.EndPoint.Port}";

    public async Task<NetworkStream> ConnectAsync()
    {
        var client = new TcpClient();
        clients.Add(client);
        await client.ConnectAsync(Listener.EndPoint);
        return client.GetStream();
    }

    public async Task<LdapClient> ClientAsync() => new(await ConnectAsync());

    public async ValueTask DisposeAsync()
    {
        foreach (var client in clients) client.Dispose();
        await Listener.DisposeAsync();
        Authority.Dispose();
    }
}
