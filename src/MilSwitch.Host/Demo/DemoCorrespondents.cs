using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace MilSwitch.Host.Demo;

/// <summary>
/// Two people with keys in files, as openssl uses them: the duty officer at home, who asks for a receipt, and a captain at sea, who
/// gives one. At sea nobody encrypts, and a boundary leads there and back. Immutable.
/// </summary>
internal sealed class DemoCorrespondents
{
    public const string Captain = "captain@ship.test";

    /// <summary>Who gets what the captain does not acknowledge.</summary>
    public const string Mate = "mate@ship.test";

    /// <summary>Where receipts for mail to sea come back to.</summary>
    public const string Gateway = "receipts@home.test";

    /// <param name="folder">Made by this.</param>
    /// <param name="security">Certifies their keys.</param>
    public DemoCorrespondents(string folder, DemoSecurity security)
    {
        Folder = folder;
        Directory.CreateDirectory(folder);
        Officer = security.MakeKey(Path.Combine(folder, "officer"), "CN=Duty officer", DemoSecurity.Officer, X509KeyUsageFlags.DigitalSignature);
        OfficerOpening = security.MakeKey(Path.Combine(folder, "officer-opening"), "CN=Duty officer", DemoSecurity.Officer, X509KeyUsageFlags.KeyEncipherment);
        CaptainSigning = security.MakeKey(Path.Combine(folder, "captain"), "CN=Captain", Captain, X509KeyUsageFlags.DigitalSignature);
        Sea = new IPEndPoint(IPAddress.Loopback, DemoPorts.From(DemoPorts.Sea));
    }

    public string Folder { get; }

    public (string Key, string Certificate) Officer { get; }

    /// <summary>For whom reports on encrypted mail are encrypted.</summary>
    public (string Key, string Certificate) OfficerOpening { get; }

    public (string Key, string Certificate) CaptainSigning { get; }

    /// <summary>Where the switch takes mail that comes from sea.</summary>
    public IPEndPoint Sea { get; }

    /// <summary>An item of <c>domains</c>.</summary>
    /// <param name="anchors">The authority.</param>
    public static string Domain(string anchors) => $"{{ name: sea, mail: [ship.test], anchors: {anchors} }}";

    /// <summary>Two items of <c>boundaries</c>.</summary>
    /// <param name="signingKey">Signs for the domain at home.</param>
    public static (string Out, string Back) Boundaries(string signingKey) => (
        "{ name: to-sea, from: home, to: sea, arrival: { peers: [clients], signature: optional }, "
        + $"departure: {{ protection: {{ sign: {{ key: {signingKey}, signature-type: domain, header-protection: rfc9788 }} }} }}, receipts: {{ address: {Gateway} }}, action-point: {Mate} }}",
        "{ name: from-sea, from: sea, to: home, arrival: { signature: optional } }");

    /// <summary>An item of <c>listeners</c>.</summary>
    public string Listener => $"{{ name: sea, endpoint: \"{Sea}\", domain: sea, clients: [127.0.0.0/8] }}";

    /// <summary>An item of <c>routes</c>.</summary>
    public static string Route(int neighbour) => string.Create(CultureInfo.InvariantCulture, $"{{ match: ship.test, name: sea, next-hop: \"127.0.0.1:{neighbour}\", tls: {{ mode: none }}, domain: sea }}");

    /// <summary>The section <c>reports</c>.</summary>
    /// <param name="tagKey">Path of a file.</param>
    /// <param name="signingKey">Signs reports.</param>
    public string Reports(string tagKey, string signingKey) =>
        $"{{ from: postmaster@home.test, tag-key: {{ file: {tagKey} }}, protection: {{ sign: {{ key: {signingKey} }}, encrypt: {{ certificates: {OfficerOpening.Certificate} }} }} }}";
}
