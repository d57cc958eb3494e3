using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MilSwitch.Labels.Carriers;
using MilSwitch.Lookup.Service.Web;

namespace MilSwitch.Host.Demo;

/// <summary>
/// The stories about proxy certificates: a client that knows nothing of gateways looks up its recipient abroad, gets a certificate,
/// and encrypts to it with openssl. What it was given, what travelled between the domains and what the log says is judged by openssl.
/// </summary>
internal sealed class DemoProxyStories(DemoStage stage, DemoBoundaryStories boundary)
{
    private const string Clerk = "clerk@" + DemoBorder.MailDomain;
    private const string Stranger = "commander@home.test";
    private const string Body = "Sealed for the clerk, by a client like any other.";

    private readonly string folder = Path.Combine(Path.GetDirectoryName(stage.Abroad.Configuration)!, "proxies");

    private string Certificate => Path.Combine(folder, "clerk.pem");

    public async Task<(bool Good, string Actual)> RoundTripAsync(CancellationToken cancellationToken)
    {
        const string subject = "Ammunition state";
        Directory.CreateDirectory(folder);
        var (status, found) = await LookUpAsync(Clerk, "", cancellationToken);
        if (status is not HttpStatusCode.OK) return (false, string.Create(CultureInfo.InvariantCulture, $"no certificate was found: {(int)status}"));
        await File.WriteAllTextAsync(Certificate, found, cancellationToken);
        var path = await VerifyAsync(Certificate, cancellationToken);
        var narrow = await IsConstrainedAsync(cancellationToken);
        if (await SealAsync(subject, "RESTRICTED", "", cancellationToken) is { Length: > 0 } unsealed) return (false, unsealed);
        if (await boundary.ArrivalAsync(subject, cancellationToken) is not { } arrival) return (false, await boundary.WhyNotAsync(stage.Switch, cancellationToken));
        var plain = arrival.Text.Contains(Body, StringComparison.Ordinal);
        var (between, opened) = await boundary.BetweenAsync(subject, cancellationToken);
        var hidden = !between.Contains(Body, StringComparison.Ordinal);
        var logged = await IsLoggedAsync(cancellationToken);
        return (
            path.Length is 0 && narrow && plain && hidden && opened.Length is 0 && logged,
            $"openssl verifies the certificate{(path.Length is 0 ? "" : $": NOT, {path}")}, {(narrow ? "and refuses one for an address at home" : "and one for an address at home, TOO")}; "
            + $"what it sealed was opened at the boundary and arrived {(plain ? "in clear" : "NOT IN CLEAR")}; between the domains {(opened.Length is 0 && hidden ? "encrypted anew, signature good" : opened)}; {(logged ? "the log names the certificate" : "the log does NOT name it")}");
    }

    public async Task<(bool Good, string Actual)> WishesAsync(CancellationToken cancellationToken)
    {
        const string denied = "For your eyes", above = "Fleet orders";
        if (!File.Exists(Certificate)) return (false, "there is no certificate: see the story before");
        // An aware client names the label, and is told no; one that does not finds out by the message being held.
        var label = Convert.ToBase64String(EssLabel.Encode(stage.Policies.Label("SECRET"))).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        var (status, _) = await LookUpAsync(Clerk, "&label=" + label, cancellationToken);
        if (await SealAsync(above, "SECRET", "", cancellationToken) is { Length: > 0 } first) return (false, first);
        if (await SealAsync(denied, "RESTRICTED", "X-MilSwitch-Boundary: deny\r\n", cancellationToken) is { Length: > 0 } second) return (false, second);
        var tooHigh = await DemoBoundaryStories.HeldAsync(stage.Switch, Clerk, b => b.StartsWith("label: the gateway (ceiling)", StringComparison.Ordinal), cancellationToken);
        var unwanted = await DemoBoundaryStories.HeldAsync(stage.Switch, Clerk, b => b.StartsWith("decrypt: its originator", StringComparison.Ordinal), cancellationToken);
        var left = stage.Neighbour.Arrivals.Any(a => a.Subject is denied or above);
        return (
            status is HttpStatusCode.Forbidden && tooHigh.Length > 0 && unwanted.Length > 0 && !left,
            string.Create(CultureInfo.InvariantCulture, $"look-up with the label SECRET: {(int)status}; sealed all the same: {(tooHigh.Length > 0 ? "held, because " + tooHigh : "NOT HELD")}; with deny inside: {(unwanted.Length > 0 ? "held, because " + unwanted : "NOT HELD")}{(left ? "; SENT" : "")}"));
    }

    private async Task<(HttpStatusCode Status, string Body)> LookUpAsync(string recipient, string further, CancellationToken cancellationToken)
    {
        using var anchor = X509CertificateLoader.LoadCertificateFromFile(stage.Security.Anchors);
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        policy.CustomTrustStore.Add(anchor);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, SslOptions = { CertificateChainPolicy = policy } });
        using var answer = await client.GetAsync(new Uri($"https://{stage.Abroad.LookUps}{ProxyLookup.Path}?email={Uri.EscapeDataString(recipient)}&format=pem{further}"), cancellationToken);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(cancellationToken));
    }

    private Task<string> VerifyAsync(string certificate, CancellationToken cancellationToken) => DemoBoundaryStories.OpenSslAsync(
        cancellationToken, "verify", "-x509_strict", "-purpose", "smimeencrypt", "-CAfile", stage.Security.Anchors, "-untrusted", stage.Abroad.ProxyAuthorityKey.Certificate, certificate);

    // What somebody could make who had the authority's key.
    private async Task<bool> IsConstrainedAsync(CancellationToken cancellationToken)
    {
        var (key, authority) = stage.Abroad.ProxyAuthorityKey;
        var (request, names, made) = (Path.Combine(folder, "stray.csr"), Path.Combine(folder, "stray.cnf"), Path.Combine(folder, "stray.pem"));
        await File.WriteAllTextAsync(names, $"keyUsage = critical, keyEncipherment\nsubjectAltName = email:{Stranger}\n", cancellationToken);
        if (await DemoBoundaryStories.OpenSslAsync(cancellationToken, "req", "-new", "-key", stage.Abroad.GatewayKey.Key, "-subj", "/CN=Stray", "-out", request) is { Length: > 0 }) return false;
        if (await DemoBoundaryStories.OpenSslAsync(cancellationToken, "x509", "-req", "-in", request, "-CA", authority, "-CAkey", key, "-days", "1", "-extfile", names, "-out", made) is { Length: > 0 }) return false;
        return (await VerifyAsync(made, cancellationToken)).Length > 0;
    }

    // Encrypted by openssl to whatever the look-up found, and handed in; empty when both went well.
    private async Task<string> SealAsync(string subject, string classification, string inside, CancellationToken cancellationToken)
    {
        var (text, made) = (Path.Combine(folder, "text"), Path.Combine(folder, "sealed.eml"));
        await File.WriteAllTextAsync(text, $"{inside}Content-Type: text/plain\r\n\r\n{Body}\r\n", cancellationToken);
        var fault = await DemoBoundaryStories.OpenSslAsync(
            cancellationToken, "cms", "-encrypt", "-binary", "-aes-256-gcm", "-in", text, "-out", made, "-from", DemoSecurity.Officer, "-to", Clerk, "-subject", subject,
            "-recip", Certificate, "-keyopt", "rsa_padding_mode:oaep");
        if (fault.Length > 0) return fault;
        var head = $"{SioLabel.FieldName}: {SioLabel.Of(stage.Policies.Label(classification)).Format()}\r\n"
            + $"Date: {TimeProvider.System.GetUtcNow().ToString("ddd, dd MMM yyyy HH:mm:ss", CultureInfo.InvariantCulture)} +0000\r\nMessage-ID: <{Guid.NewGuid():N}@home.test>\r\n";
        var message = head + (await File.ReadAllTextAsync(made, cancellationToken)).ReplaceLineEndings("\r\n");
        await using var client = await DemoClient.ConnectAsync(stage.Endpoint, cancellationToken);
        await client.SendRawAsync(Encoding.ASCII.GetBytes(message), DemoSecurity.Officer, Clerk, cancellationToken);
        return "";
    }

    private async Task<bool> IsLoggedAsync(CancellationToken cancellationToken)
    {
        var digest = Path.Combine(folder, "clerk.sha256");
        var der = Path.Combine(folder, "clerk.der");
        if (await DemoBoundaryStories.OpenSslAsync(cancellationToken, "x509", "-in", Certificate, "-outform", "DER", "-out", der) is { Length: > 0 }) return false;
        if (await DemoBoundaryStories.OpenSslAsync(cancellationToken, "dgst", "-sha256", "-r", "-out", digest, der) is { Length: > 0 }) return false;
        var known = (await File.ReadAllTextAsync(digest, cancellationToken)).Split(' ')[0];
        return (await File.ReadAllTextAsync(stage.Abroad.ProxyLog, cancellationToken)).Contains($"\"certificate\":\"{known}\"", StringComparison.Ordinal);
    }
}
