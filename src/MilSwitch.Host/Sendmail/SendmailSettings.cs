using System.Globalization;
using System.Net.NetworkInformation;
using System.Security.Cryptography.X509Certificates;
using MailKit.Security;
using MilSwitch.Host.Configuration;

namespace MilSwitch.Host.Sendmail;

/// <summary>Where and as whom the programs of this machine hand in their mail.</summary>
internal sealed record SendmailSettings
{
    public const string DefaultFile = "/etc/milswitch/sendmail.yaml";

    public string Host { get; private init; } = "127.0.0.1";

    public int Port { get; private init; } = 25;

    public SecureSocketOptions Tls { get; private init; } = SecureSocketOptions.None;

    /// <summary>Empty: those of the machine.</summary>
    public X509Certificate2Collection Anchors { get; private init; } = [];

    /// <summary>The client's own.</summary>
    public X509Certificate2? Certificate { get; private init; }

    public string? Account { get; private init; }

    public string? Password { get; private init; }

    /// <summary>Of addresses that have none.</summary>
    public string Domain { get; private init; } = Here();

    public TimeSpan Timeout { get; private init; } = TimeSpan.FromMinutes(5);

    /// <param name="file">Null: the usual one, which need not be there.</param>
    /// <exception cref="SendmailFault">It is not there, or has problems.</exception>
    public static SendmailSettings Read(string? file)
    {
        if (file is null && !File.Exists(DefaultFile)) return new SendmailSettings();
        var problems = new List<ConfigurationProblem>();
        var made = Read(file ?? DefaultFile, problems);
        return problems.Count is 0 ? made : throw new SendmailFault(SendmailFault.Settings, string.Join('\n', problems));
    }

    private static SendmailSettings Read(string file, List<ConfigurationProblem> problems)
    {
        var made = new SendmailSettings();
        var source = new ConfigurationSource(file, problems);
        YamlMap? map;
        try
        {
            using var text = new StreamReader(file);
            map = new YamlDocumentReader(file, problems).Read(text);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            source.Reject(0, "-", ConfigurationSource.Reason(file, fault));
            return made;
        }

        if (map is null) return made;
        var section = new Section(source, map, "");
        var (host, port) = Server(section, made);
        var tls = section.Keyword("tls", SecureSocketOptions.None, ("none", SecureSocketOptions.None), ("starttls", SecureSocketOptions.StartTls), ("implicit", SecureSocketOptions.SslOnConnect));
        var anchors = source.Anchors(section, "ca");
        var own = section.Has("client") ? Client(source, section.Map("client")) : null;
        var account = section.Text("account");
        var password = section.Has("password") ? source.SecretFile(section.Map("password")) : null;
        if (section.Has("account") != section.Has("password")) section.Reject(section.Has("account") ? "account" : "password", "account and password go together");
        if (tls is SecureSocketOptions.None)
        {
            foreach (var key in (string[])["ca", "client"])
            {
                if (section.Has(key)) section.Reject(key, "is of no use without tls");
            }

            if (section.Has("account")) section.Reject("account", "would send its password in clear; set tls to starttls or implicit");
        }

        made = made with
        {
            Host = host, Port = port, Tls = tls, Anchors = anchors, Certificate = own, Account = account, Password = password,
            Domain = section.Text("domain") ?? made.Domain,
            Timeout = section.Duration("timeout", made.Timeout, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
        };
        section.Finish();
        return made;
    }

    private static X509Certificate2? Client(ConfigurationSource source, Section section)
    {
        var certificate = source.Certificate(section);
        section.Finish();
        return certificate;
    }

    private static (string Host, int Port) Server(Section section, SendmailSettings otherwise)
    {
        if (section.Text("server") is not { } text) return (otherwise.Host, otherwise.Port);
        var colon = text.LastIndexOf(':');
        var host = colon > 0 ? text[..colon].Trim('[', ']') : "";
        if (host.Length > 0 && int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65536) return (host, port);
        section.Reject("server", $"'{text}' is not HOST:PORT, such as 127.0.0.1:587");
        return (otherwise.Host, otherwise.Port);
    }

    private static string Here()
    {
        var network = IPGlobalProperties.GetIPGlobalProperties();
        return network.DomainName is { Length: > 0 } domain && domain is not "(none)" ? $"{network.HostName}.{domain}" : network.HostName;
    }
}
