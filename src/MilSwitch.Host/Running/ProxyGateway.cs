using System.Collections.Immutable;
using System.Net.Security;
using System.Security.Authentication;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Host.Configuration;
using MilSwitch.Lookup.Service;
using MilSwitch.Lookup.Service.Ldap;
using MilSwitch.Lookup.Service.Log;
using MilSwitch.Smime.Protection;

namespace MilSwitch.Host.Running;

/// <summary>
/// The proxy certificates of one boundary at work: authority, log, and the listener for LDAP. While the log can't be written,
/// nothing is issued and an alarm stands. Thread-safe.
/// </summary>
internal sealed partial class ProxyGateway(ProxyConfiguration configuration, KeyRing keys, TimeProvider time, ILogger logger) : IProxyLog, IAsyncDisposable
{
    private volatile ProxyConfiguration configuration = configuration;
    private volatile ProxyLogFile? log;
    private volatile Alarm? alarm;
    private volatile ProxyAuthority? authority;
    private LdapListener? ldap;

    public string Boundary => configuration.Boundary;

    public ProxyConfiguration Configuration => configuration;

    /// <summary>That of the configuration in force. One that was replaced ends with the questions that it is still answering.</summary>
    public ProxyAuthority Authority => authority ?? throw new InvalidOperationException("It has not started.");

    /// <summary>Nothing is issued: why; null: all is well.</summary>
    public Alarm? Alarm => alarm;

    /// <summary>Where LDAP is answered; null: nowhere.</summary>
    public System.Net.IPEndPoint? LdapEndPoint => ldap?.EndPoint;

    /// <exception cref="System.Net.Sockets.SocketException">The end point can't be listened on.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Use(configuration, keys);
        try
        {
            var signer = configuration.CheckpointKey is { } name ? keys.SigningAtAnyTime(name, Precedence.Routine) : null;
            log = await ProxyLogFile.OpenAsync(configuration.Log, time, signer, configuration.CheckpointEvery, cancellationToken);
        }
        catch (Exception fault) when (fault is ProxyLogException or IOException or UnauthorizedAccessException)
        {
            // Mail goes on without certificates; what was written to the file may be evidence.
            LogUnusable(configuration.Log, Boundary, fault);
            Raise(fault.Message);
        }

        if (configuration.Ldap is not { } listener) return;
        var tls = listener.Tls is ProxyTls.None
            ? null
            : new SslServerAuthenticationOptions
            {
                ServerCertificateSelectionCallback = (_, _) => configuration.Ldap!.Certificate!, EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13, ClientCertificateRequired = false,
            };
        ldap = LdapListener.Start(() => Authority, configuration.LdapSettings, listener.Endpoint, time, tls, listener.Tls is ProxyTls.Implicit);
        LogAnswering(ldap.EndPoint, Boundary);
    }

    /// <summary>Another configuration is in force: it has the same listeners and the same log.</summary>
    public void Use(ProxyConfiguration next, KeyRing ring)
    {
        // What is in memory of the authority before goes with it, and is issued anew.
        authority = new ProxyAuthority(next.Settings, ring.SigningAtAnyTime(next.Authority, Precedence.Routine), time, this);
        configuration = next;
    }

    public async ValueTask AppendAsync(ImmutableArray<ProxyLogRecord> records)
    {
        if (log is not { } file) throw new ProxyLogException("the log is not open");
        try
        {
            await file.AppendAsync(records);
            alarm = null;
        }
        catch (ProxyLogException fault)
        {
            if (alarm is null) LogUnusable(configuration.Log, Boundary, fault);
            Raise(fault.Message);
            throw;
        }
        catch (ObjectDisposedException fault)
        {
            throw new ProxyLogException("the node is stopping", fault);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (ldap is not null) await ldap.DisposeAsync();
        if (log is not { } file) return;
        await file.CheckpointAsync();
        file.Dispose();
        log = null;
    }

    private void Raise(string fault) =>
        alarm = new Alarm($"proxy-log:{Boundary}", $"no proxy certificates are issued at boundary {Boundary}: {fault}", alarm?.Since ?? time.GetUtcNow());

    [LoggerMessage(5101, LogLevel.Error, "The log {File} of proxy certificates at boundary {Boundary} can't be used; none are issued")]
    private partial void LogUnusable(string file, string boundary, Exception fault);

    [LoggerMessage(5102, LogLevel.Information, "Look-ups over LDAP are answered at {EndPoint} for boundary {Boundary}")]
    private partial void LogAnswering(System.Net.IPEndPoint endPoint, string boundary);
}
