using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace MilSwitch.Host.Demo;

/// <summary>
/// The other end of the network between two domains: a second switch, of the domain abroad, which has a token of nobody and keys
/// of its own. What arrives there is opened and goes on to the neighbour. Ended on disposal.
/// </summary>
internal sealed class DemoBorder : IAsyncDisposable
{
    /// <summary>Everybody in the domain abroad.</summary>
    public const string MailDomain = "abroad.test";

    private const string Signing = "domain-signing-authority@" + MailDomain;
    private const string Confidentiality = "domain-confidentiality-authority@" + MailDomain;
    private const string HomeConfidentiality = "domain-confidentiality-authority@home.test";

    private readonly string folder;
    private readonly (string Key, string Certificate) signing;
    private readonly (string Key, string Certificate) confidentiality;
    private readonly (string Key, string Certificate) home;
    private readonly (string Key, string Certificate) web;

    /// <param name="folder">Made by this.</param>
    /// <param name="security">Certifies its keys.</param>
    public DemoBorder(string folder, DemoSecurity security)
    {
        this.folder = folder;
        Directory.CreateDirectory(folder);
        signing = security.MakeKey(Path.Combine(folder, "signing"), "CN=domain-signing-authority", Signing, X509KeyUsageFlags.DigitalSignature);
        confidentiality = security.MakeKey(Path.Combine(folder, "confidentiality"), "CN=domain-confidentiality-authority", Confidentiality, X509KeyUsageFlags.KeyEncipherment);
        home = security.MakeKey(Path.Combine(folder, "home-confidentiality"), "CN=domain-confidentiality-authority", HomeConfidentiality, X509KeyUsageFlags.KeyEncipherment);
        web = security.MakeServerKey(Path.Combine(folder, "web"));
        ProxyAuthorityKey = security.MakeProxyAuthority(Path.Combine(folder, "proxy-authority"), MailDomain);
        LookUps = new IPEndPoint(IPAddress.Loopback, DemoPorts.From(DemoPorts.LookUps));
        Endpoint = new IPEndPoint(IPAddress.Loopback, DemoPorts.From(DemoPorts.Abroad));
        Inside = new IPEndPoint(IPAddress.Loopback, DemoPorts.From(DemoPorts.AbroadInside));
        Configuration = Path.Combine(folder, "milswitch.yaml");
        Switch = new DemoSwitch(Configuration, Path.Combine(folder, "milswitch.log"));
    }

    /// <summary>Where it takes mail of the network between the domains.</summary>
    public IPEndPoint Endpoint { get; }

    /// <summary>Where it takes mail of its own domain.</summary>
    public IPEndPoint Inside { get; }

    public string Configuration { get; }

    public DemoSwitch Switch { get; }

    /// <summary>PEM files of the key for which mail to the domain abroad is encrypted.</summary>
    public (string Key, string Certificate) ConfidentialityKey => confidentiality;

    /// <summary>PEM files of the key for which originators at home encrypt, and the domain abroad.</summary>
    public (string Key, string Certificate) GatewayKey => home;

    /// <summary>PEM files of the authority that certifies recipients abroad for originators at home.</summary>
    public (string Key, string Certificate) ProxyAuthorityKey { get; }

    /// <summary>Where originators at home look up certificates of recipients abroad, over HTTPS.</summary>
    public IPEndPoint LookUps { get; }

    /// <summary>Log of those certificates.</summary>
    public string ProxyLog => Path.Combine(folder, "proxies.log");

    /// <summary>What the switch at home needs of keys and domains: sections of its configuration.</summary>
    /// <param name="anchors">The authority.</param>
    /// <param name="signingKey">Signs for the domain at home.</param>
    /// <param name="scanner">Socket of a clamd.</param>
    /// <param name="deskKey">An item of <c>keys</c>.</param>
    public string HomeSections(string anchors, string signingKey, string scanner, string deskKey) => $$"""
        keys:
          - { name: gateway, file: {{home.Key}}, certificate: {{home.Certificate}}, role: domain-confidentiality }
          - { name: proxies, file: {{ProxyAuthorityKey.Key}}, certificate: {{ProxyAuthorityKey.Certificate}}, role: proxy-authority }
          - {{deskKey}}
        domains:                                             # two of them, and a boundary each way
          - { name: home, mail: [home.test], policy: ALFA, keys: [gateway, proxies, desk, {{signingKey}}], anchors: {{anchors}} }
          - { name: between, mail: [{{MailDomain}}], policy: COALITION, anchors: {{anchors}} }
          - {{DemoCorrespondents.Domain(anchors)}}
        peers:
          - { name: clients, domain: home, clients: [127.0.0.0/8] }
        checks:
          - { name: structure, type: structure, media-types: [text/plain, multipart/mixed, application/octet-stream] }
          - { name: virus, type: clamd, address: "unix:{{scanner}}" }
        boundaries:
          - name: out
            from: home
            to: between
            checks: [structure, virus]
            arrival: { peers: [clients], decrypt: [gateway], signature: optional, labels: { sources: [ess, sio-label] } }
            departure:
              labels: { policy: COALITION, clearance: { policy: COALITION, up-to: RESTRICTED }, write: [sio-label] }
              protection:
                sign: { key: {{signingKey}}, signature-type: domain, header-protection: rfc9788 }
                encrypt: { certificates: {{confidentiality.Certificate}}, header-policy: baseline }
            proxy-certificates:                              # for originators at home, who know nothing of gateways
              authority: proxies
              policy: 1.3.6.1.4.1.99999.7.1
              ceiling: { up-to: RESTRICTED }
              log: {{ProxyLog}}
              https: { endpoint: {{LookUps}}, tls: { certificate: {{web.Certificate}}, key: {{web.Key}} } }
          - name: in
            from: between
            to: home
            arrival: { decrypt: [gateway], encryption: required, signers: [domain], signer-domains: [{{MailDomain}}] }
          - {{DemoCorrespondents.Boundaries(signingKey).Out}}
          - {{DemoCorrespondents.Boundaries(signingKey).Back}}
        """;

    public Task StartAsync(string anchors, IPEndPoint towardsHome, int neighbour, CancellationToken cancellationToken)
    {
        File.WriteAllText(Configuration, string.Create(CultureInfo.InvariantCulture, $$"""
            node: { name: abroad, data: {{Path.Combine(folder, "data")}} }
            listeners:
              - { name: border, endpoint: {{Endpoint}}, clients: [127.0.0.0/8], domain: between }
              - { name: inside, endpoint: {{Inside}}, clients: [127.0.0.0/8], domain: abroad }
            keys:
              - { name: confidentiality, file: {{confidentiality.Key}}, certificate: {{confidentiality.Certificate}}, role: domain-confidentiality }
              - { name: signing, file: {{signing.Key}}, certificate: {{signing.Certificate}}, role: domain-signing }
            domains:
              - { name: between, mail: [home.test], anchors: {{anchors}} }
              - { name: abroad, mail: [{{MailDomain}}], keys: [confidentiality, signing], anchors: {{anchors}} }
            peers:
              - { name: clients, domain: abroad, clients: [127.0.0.0/8] }
            boundaries:
              - name: in
                from: between
                to: abroad
                arrival: { decrypt: [confidentiality], encryption: required, signers: [domain], signer-domains: [home.test] }
              - name: out
                from: abroad
                to: between
                arrival: { peers: [clients], signature: optional }
                departure:
                  protection:
                    sign: { key: signing, signature-type: domain, header-protection: rfc9788 }
                    encrypt: { certificates: {{home.Certificate}}, header-policy: baseline }
            routes:
              - { match: nobody@{{MailDomain}}, refuse: "no such person" }
              - { match: {{MailDomain}}, name: clients, next-hop: "127.0.0.1:{{neighbour}}", tls: { mode: none }, domain: abroad }
              - { match: home.test, name: home, next-hop: "{{towardsHome}}", tls: { mode: none }, domain: between }

            """));
        return Switch.StartAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => Switch.DisposeAsync();
}
