using System.Net;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;
using MilSwitch.Host.Configuration;
using MilSwitch.Smtp.Server;

namespace MilSwitch.Host.Tests;

[Trait("Threat", "F31")]
public sealed class ConfigurationTests : IDisposable
{
    private readonly ConfigurationFiles files = new();

    public void Dispose() => files.Dispose();

    // Each: what is put into the smallest configuration, and the one problem that follows.
    public static TheoryData<string, string> Faults => new()
    {
        { "listners: []", "6: listners: unknown key; did you mean 'listeners'?" },
        { "quite-else: 1", "6: quite-else: unknown key" },
        { "node: { name: n2 }", "6: node: is given twice; first at line 1" },
        { "loops: { maximum-hops: many }", "6: loops.maximum-hops: 'many' is not a number from 1 to 200" },
        { "loops: { maximum-hops: 0 }", "6: loops.maximum-hops: '0' is not a number from 1 to 200" },
        { "loops: { maximum_hops: 5 }", "6: loops.maximum_hops: unknown key; did you mean 'maximum-hops'?" },
        { "loops: 5", "6: loops: must be a mapping of keys to values" },
        { "duplicates: { window: 2 days }", "6: duplicates.window: '2 days' is not a time such as 30s, 5m, 1h30m or 3d" },
        { "duplicates: { window: 31d }", "6: duplicates.window: '31d' is outside 1m to 30d" },
        { "duplicates: { enabled: yes }", "6: duplicates.enabled: 'yes' is neither true nor false" },
        { "content: { maximum-header: 1 lot }", "6: content.maximum-header: '1 lot' is not a size such as 64KiB, 25MiB or 4096" },
        { "content: { maximum-header: 1KiB }", "6: content.maximum-header: '1KiB' is outside 4 KiB to 16 MiB" },
        { "rates: { flash-per-originator-and-minute: -1 }", "6: rates.flash-per-originator-and-minute: '-1' is not a number from 0 to 100000000" },
        { "rates: { flash-per-originator: 5 }", "6: rates.flash-per-originator: unknown key" },
        { "reports: { from: nobody }", "6: reports.from: 'nobody' is not a mail address" },
        { "store: { provider: sqllite }", "6: store.provider: 'sqllite' is not one of sqlite, postgres; did you mean 'sqlite'?" },
        { "store: { provider: postgres }", "6: store.connection: is missing; write { file: PATH }, or the connection itself where it has no password" },
        { "store: { connection: Host=db }", "6: store.connection: is for the provider postgres" },
        { "store: { provider: postgres, connection: Host=db;Username=m }", "6: store.connection: names no Database" },
        { "store: { provider: postgres, connection: Hots=db }", "6: store.connection: is no connection string of Npgsql (Host=…;Database=…;Username=…)" },
        { "store: { provider: postgres, connection: Host=db;Database=m;Username=m;Password=secret }", "6: store.connection: must not have a password in the configuration; write { file: PATH }" },
        { "store: { provider: postgres, connection: { file: nowhere } }", "6: store.connection.file: 'nowhere' does not exist" },
        { "metrics: { endpoint: 9464 }", "6: metrics.endpoint: '9464' is not an endpoint such as 127.0.0.1:25, [::1]:25 or *:25" },
        { "metrics: { endpoint: 127.0.0.1:2525 }", "6: metrics: has the same endpoint 127.0.0.1:2525 as 'mta'" },
        { "dns: { trust-ad: maybe }", "6: dns.trust-ad: 'maybe' is neither true nor false" },
        { "dns: { servers: [example.org] }", "6: dns.servers[0]: is not an address such as 192.0.2.53 or 192.0.2.53:5353" },
        { "logging: { level: verbose }", "6: logging.level: 'verbose' is not one of debug, information, warning, error" },
        { "admin: { endpoint: 0.0.0.0:8443 }", "6: admin.endpoint: without TLS the admin API may listen on a loopback address only" },
        { "admin: { endpoint: 0.0.0.0:8443, tls: { mode: required } }", "6: admin.tls.certificate: is missing; TLS needs one" },
        { "admin: { tokens: [{ name: a, token: hush-hush-canary }] }", "6: admin.tokens[0].token: must not stand in the configuration; write { file: PATH } or its sha256" },
        { "admin: { tokens: [{ name: a, sha256: abc }] }", "6: admin.tokens[0].sha256: is not a SHA-256 in 64 hexadecimal digits" },
        { "admin: { two-person: [xyzzy] }", "6: admin.two-person: 'xyzzy' is not one of hold, release, try, requeue, reroute, return, delete, restore, rule, minimize, plan, config, drain, account" },
        { "admin: { sessions: { idle: 2h, longest: 1h } }", "6: admin.sessions.idle: a session that may be idle for 2h would end after 1h" },
        { "admin: { oidc: { issuer: 'http://id.example', client-id: x, roles: [{ value: a, role: viewer }] } }", "6: admin.oidc.issuer: 'http://id.example' is not an address that begins with https://" },
        { "admin: { oidc: { issuer: 'https://id.example', client-id: x } }", "6: admin.oidc.roles: are missing: nobody would be anything" },
        { "admin: { certificates: [{ name: a, role: viewer, email: a@b.example }] }", "6: admin.certificates: are believed with admin.tls.client-ca alone" },
        { "admin: { tokens: [{ name: a, role: boss, token: { file: none } }] }", "6: admin.tokens[0].role: 'boss' is not one of operator, viewer, watch-keeper, supervisor, security-officer, administrator, auditor|6: admin.tokens[0].token.file: 'none' does not exist" },
        { "accounts: [{ name: a }]", "6: accounts[0].name: has no scram, password or certificate, so nobody could ever use it" },
        { "accounts: [{ name: a, password: hush-hush-canary }]", "6: accounts[0].password: must not stand in the configuration; write { file: PATH } or a scram verifier" },
        { "accounts: [{ name: a, scram: \"SCRAM-SHA-256$1:x$y:z\" }]", "6: accounts[0].scram: is not SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey (RFC 5803) with 4096 iterations or more" },
        { "accounts: [{ name: a, certificate: { thumbprint: 12 } }]", "6: accounts[0].certificate.thumbprint: is not a SHA-256 in 64 hexadecimal digits" },
        { "precedence: { flash: { expiry: 5m } }", "6: precedence.flash.expiry: the warning (5m) must come before the expiry (5m)" },
        { "precedence: { flash: { weight: 3 } }", "6: precedence.flash.weight: means nothing for the urgent levels, which always go first" },
        { "precedence: { routine: { retry: [] } }", "6: precedence.routine.retry: must name at least one pause" },
        { "precedence: { routine: { retry: [5m, soon] } }", "6: precedence.routine.retry[1]: 'soon' is not a time such as 30s, 5m, 1h30m or 3d" },
        { "precedence: { unmarked: routin }", "6: precedence.unmarked: 'routin' is not one of deferred, routine, priority, immediate, flash, override; did you mean 'routine'?" },
        { "precedence: { file: none.yaml }", "6: precedence.file: 'none.yaml' does not exist" },
        { "precedence: { flahs: { expiry: 5m } }", "6: precedence.flahs: unknown key; did you mean 'flash'?" },
        { "postmaster: Postmaster", "6: postmaster: 'Postmaster' is not a mail address with a domain" },
        { "x: [", "7: -: is not YAML: while parsing a node, did not find expected node content" },
    };

    public static TheoryData<string, string> ListenerFaults => new()
    {
        { "{ endpoint: \"127.0.0.1:25\" }", "3: listeners[0].name: is missing" },
        { "{ name: a }", "3: listeners[0].endpoint: is missing" },
        { "{ name: a, endpoint: \"mail:25\" }", "3: listeners[0].endpoint: 'mail:25' is not an endpoint such as 127.0.0.1:25, [::1]:25 or *:25" },
        { "{ name: a, endpoint: \"127.0.0.1:65536\" }", "3: listeners[0].endpoint: '127.0.0.1:65536' is not an endpoint such as 127.0.0.1:25, [::1]:25 or *:25" },
        { "{ name: a, endpoint: \"*:25\", role: mda }", "3: listeners[0].role: 'mda' is not one of relay, submission" },
        { "{ name: a, endpoint: \"*:25\", clients: [10.0.0.1/8] }", "3: listeners[0].clients[0]: '10.0.0.1/8' has bits beyond its prefix; did you mean '10.0.0.0/8'?" },
        { "{ name: a, endpoint: \"*:25\", clients: [ten] }", "3: listeners[0].clients[0]: 'ten' is not a network such as 192.0.2.0/24 or 2001:db8::/32" },
        { "{ name: a, endpoint: \"*:25\", clients: [{ network: 10.0.0.0/8, precedence: x }] }", "3: listeners[0].clients[0].precedence: 'x' is not one of deferred, routine, priority, immediate, flash, override" },
        { "{ name: a, endpoint: \"*:25\", tls: { mode: starttls } }", "3: listeners[0].tls.certificate: is missing; TLS needs one" },
        { "{ name: a, endpoint: \"*:25\", tls: { mode: none, client-ca: milswitch.yaml } }", "3: listeners[0].tls.client-ca: holds no certificate|3: listeners[0].tls.client-ca: does nothing without TLS" },
        { "{ name: a, endpoint: \"*:25\", auth: [PLAIN] }", "3: listeners[0].auth[0]: PLAIN needs TLS" },
        { "{ name: a, endpoint: \"*:25\", auth: [CRAM-MD5] }", "3: listeners[0].auth[0]: is not one of EXTERNAL, SCRAM-SHA-256, PLAIN" },
        { "{ name: a, endpoint: \"*:25\", require-authentication: true }", "3: listeners[0].require-authentication: no mechanism is offered under 'auth', so nobody could ever send" },
        { "{ name: a, endpoint: \"*:25\", maximum-hold: 1d }", "3: listeners[0].maximum-hold: means nothing on a relay listener; only submission takes HOLDFOR" },
        { "{ name: a, endpoint: \"*:25\", clients: [10.0.0.0/8], etrn: perhaps }", "3: listeners[0].etrn: 'perhaps' is neither true nor false" },
        { "{ name: a, endpoint: \"*:25\", mmhs: { check: field } }", "3: listeners[0].mmhs.check: 'field' is not one of off, fields, presence; did you mean 'fields'?" },
        { "{ name: a, endpoint: \"*:25\", mmhs: { check: fields, require: [MMHS-Message-Type], correct: true } }", "3: listeners[0].mmhs.require: means nothing without 'check: presence'|3: listeners[0].mmhs.correct: means nothing without 'check: presence'" },
        { "{ name: a, endpoint: \"*:25\", mmhs: { check: presence, require: [MMHS-Message-Tipe, { a: b }] } }", "3: listeners[0].mmhs.require[0]: 'MMHS-Message-Tipe' is no field of RFC 6477 or RFC 7912; did you mean 'MMHS-Message-Type'?|3: listeners[0].mmhs.require[1]: must be the name of a field" },
        { "{ name: a, endpoint: \"*:25\", mmhs: { presence: true } }", "3: listeners[0].mmhs.presence: unknown key" },
        { "{ name: a, endpoint: \"*:25\", etrn: true }", "3: listeners[0].etrn: there are no 'clients' and no 'auth', so nobody could ever use it" },
        { "{ name: a, endpoint: \"*:25\", role: submission, require-authentication: false, etrn: true }", "3: listeners[0].etrn: means nothing on a submission listener; only relay takes ETRN" },
        { "{ name: a, endpoint: \"*:25\", proxy-protocol: [ten] }", "3: listeners[0].proxy-protocol[0]: 'ten' is not a network such as 192.0.2.0/24 or 2001:db8::/32" },
        { "{ name: a, endpoint: \"*:25\", proxy-protocol: [10.0.0.0/30, { network: 10.0.0.0/8 }] }", "3: listeners[0].proxy-protocol[1]: must be a network such as 192.0.2.0/24" },
        { "{ name: a, endpoint: \"*:25\", proxy-protocol: [0.0.0.0/0] }", "3: listeners[0].proxy-protocol[0]: is everybody; name the proxies" },
        { "{ name: a, endpoint: \"*:25\", xclient: [ten] }", "3: listeners[0].xclient[0]: 'ten' is not a network such as 192.0.2.0/24 or 2001:db8::/32" },
        { "{ name: a, endpoint: \"*:25\", xclient: [\"::/0\"] }", "3: listeners[0].xclient[0]: is everybody; name the hosts" },
        { "{ name: a, endpoint: \"*:25\", limits: { connections: 10, connections-per-client: 20 } }", "3: listeners[0].limits.connections-per-client: is more than the listener's 10 connections" },
        { "mta", "3: listeners[0]: must be a mapping with name, endpoint and role" },
    };

    public static TheoryData<string, string> RouteFaults => new()
    {
        { "{ next-hop: \"a:25\" }", "3: routes[0].match: is missing" },
        { "{ match: \"a b\", next-hop: \"a:25\" }", "3: routes[0].match: 'a b' is not an address, a mail domain, *.domain or *" },
        { "{ match: \"*\" }", "3: routes[0].next-hop: is missing; write host:port, mx, or refuse: TEXT instead" },
        { "{ match: \"*\", next-hop: relay }", "3: routes[0].next-hop: 'relay' must be host:port, a list of them, or mx" },
        { "{ match: \"*\", next-hop: \"relay:0\" }", "3: routes[0].next-hop: 'relay:0' must be host:port, a list of them, or mx" },
        { "{ match: \"*\", next-hop: [] }", "3: routes[0].next-hop: must be host:port, a list of them, or mx" },
        { "{ match: \"*\", next-hop: \"mx:x\" }", "3: routes[0].next-hop: 'mx:x' is not mx or mx:port" },
        { "{ match: \"*\", next-hop: mx, name: x }", "3: routes[0].name: means nothing with mx, where every domain has its own link" },
        { "{ match: \"*\", next-hop: \"a:25\", refuse: go away }", "3: routes[0].next-hop: is given as well as refuse; give one of them" },
        { "{ match: \"*\", next-hop: \"a:25\", protocol: lmtp }", "3: routes[0].next-hop: has port 25, where LMTP must not be spoken" },
        { "{ match: \"*\", next-hop: mx, protocol: lmtp }", "3: routes[0].protocol: lmtp is for delivery agents nearby, not for mx" },
        { "{ match: \"*\", next-hop: \"a:24\", protocol: uucp }", "3: routes[0].protocol: 'uucp' is not one of smtp, lmtp" },
        { "{ match: \"*\", next-hop: \"a:25\", connections: 0 }", "3: routes[0].connections: '0' is not a number from 1 to 10000" },
        { "{ match: \"*\", next-hop: \"a:25\", tls: { mode: none, name: b } }", "3: routes[0].tls.name: does nothing without TLS" },
        { "{ match: \"*\", next-hop: \"a:25\", tls: { name: b } }", "3: routes[0].tls.name: does nothing with mode opportunistic, which judges no certificate; use required" },
        { "{ match: \"*\", next-hop: \"a:25\", tls: { sender-may-relax: true } }", "3: routes[0].tls.sender-may-relax: does nothing without mode required" },
        { "{ match: \"*\", next-hop: \"a:25\", tls: { key: milswitch.yaml } }", "3: routes[0].tls.key: needs a certificate" },
        { "{ match: \"*\", next-hop: \"a:25\", timeouts: { connect: 0 } }", "3: routes[0].timeouts.connect: '0' is outside 1s to 30m" },
    };

    [Fact]
    public void Somebody_must_get_postmasters_mail()
    {
        const string text = """
            node: { name: n1, data: ./data }
            listeners: [{ name: mta, endpoint: "127.0.0.1:2525" }]
            routes: [{ match: a.example, next-hop: "127.0.0.1:2626" }, { match: b.example, refuse: no }]
            """;
        Assert.Equal(["4: postmaster: no route takes 'p@b.example'"], files.Problems(text + "\npostmaster: p@b.example\n"));
        Assert.Equal("p@a.example", files.Good(text + "\npostmaster: p@a.example\n").Switch.Postmaster!.Text);
        Assert.Null(files.Good(text).Switch.Postmaster);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void Names_the_line_the_key_and_the_fault(string addition, string problem) =>
        Assert.Equal(problem.Split('|'), files.Problems(ConfigurationFiles.Minimum + "\n" + addition + "\n"));

    [Theory]
    [MemberData(nameof(ListenerFaults))]
    public void Names_the_faults_of_a_listener(string listener, string problem) => Assert.Equal(problem.Split('|'), files.Problems(
        $"node: {{ name: n1, data: ./data }}\nlisteners:\n  - {listener}\nroutes:\n  - {{ match: \"*\", next-hop: \"127.0.0.1:2626\" }}\n"));

    [Theory]
    [MemberData(nameof(RouteFaults))]
    public void Names_the_faults_of_a_route(string route, string problem) => Assert.Equal(problem.Split('|'), files.Problems(
        $"node: {{ name: n1, data: ./data }}\nroutes:\n  - {route}\nlisteners:\n  - {{ name: a, endpoint: \"*:25\" }}\n"));

    [Fact]
    public void Reports_every_problem_at_once_in_the_order_of_the_file() => Assert.Equal(
        [
            "1: node.data: is missing",
            "1: node.name: 'n 1' is not a name of up to 63 letters, digits, hyphens and dots",
            "4: listeners[0].role: 'x' is not one of relay, submission",
            "7: listeners[1].name: 'mta' is given to another listener already",
            "9: routes[0].conections: unknown key; did you mean 'connections'?",
            "10: routes[1].match: '*' is matched at line 9 already",
            "11: routes[2].name: link 'a:25' has other settings at line 9; give one of them its own name",
        ],
        files.Problems("""
            node: { name: n 1 }
            listeners:
              - name: mta
                role: x
                endpoint: 127.0.0.1:2525
              -
                name: mta
                endpoint: 127.0.0.1:2526
            routes: [ { match: "*", next-hop: "a:25", conections: 3 },
              { match: "*", next-hop: "b:25" },
              { match: "c.example", next-hop: "a:25", connections: 7 } ]
            """).OrderBy(p => int.Parse(p.Split(':')[0])).ThenBy(p => p, StringComparer.Ordinal));

    [Fact]
    public void Names_and_the_endpoint_of_a_node_may_come_from_the_environment()
    {
        var file = files.Write("milswitch.yaml", ConfigurationFiles.Minimum.Replace("name: n1,", "name: { env: NODE_NAME }, host-name: { env: MAIL_NAME },", StringComparison.Ordinal));
        var configuration = ConfigurationReader.Read(file, variables: name => name is "NODE_NAME" ? "milswitch-1" : "mail.example.org").Configuration!;
        Assert.Equal(("milswitch-1", "mail.example.org"), (configuration.Switch.Node, configuration.Switch.HostName));
        // One that is missing, and one that says nothing; each by its file, line, key and name.
        Assert.Equal(
            [
                file + ":1: node.name.env: the environment has no variable 'NODE_NAME', or it is empty",
                file + ":1: node.host-name.env: the environment has no variable 'MAIL_NAME', or it is empty",
            ],
            ConfigurationReader.Read(file, variables: name => name is "NODE_NAME" ? null : "").Problems.Select(p => p.ToString()));
        Assert.Equal(
            [file + ":1: node.name: 'n 1' is not a name of up to 63 letters, digits, hyphens and dots"],
            ConfigurationReader.Read(file, variables: name => name is "NODE_NAME" ? "n 1" : "mail.example.org").Problems.Select(p => p.ToString()));

        file = files.Write("cluster.yaml", ConfigurationFiles.Minimum + "\ncluster:\n  endpoint: { env: NODE_ENDPOINT }\n");
        string[] Endpoint(string? value) => [.. ConfigurationReader.Read(file, variables: _ => value).Problems.Where(p => p.Key.StartsWith("cluster.endpoint", StringComparison.Ordinal)).Select(p => $"{p.Line}: {p.Key}: {p.Text}")];
        Assert.Empty(Endpoint("n1.example:4053"));
        Assert.Equal(["7: cluster.endpoint.env: the environment has no variable 'NODE_ENDPOINT', or it is empty"], Endpoint(null));
        Assert.Equal(["7: cluster.endpoint: 'n1' is not a host and a port such as node1.example:4053"], Endpoint("n1"));
    }

    [Theory]
    [InlineData("admin: { socket: { env: SOCKET } }", "6: admin.socket: must be a text")]
    [InlineData("cluster: { endpoint: { environment: X } }", "6: cluster.endpoint.env: is missing")]
    public void Nothing_else_comes_from_the_environment(string addition, string problem) =>
        Assert.Contains(problem, files.Problems(ConfigurationFiles.Minimum + "\n" + addition + "\n"));

    [Fact]
    public void Finds_nothing_but_missing_parts_in_an_empty_file() => Assert.Equal(
        ["1: node: is missing", "1: listeners: is missing; a switch needs at least one", "1: routes: is missing; a switch needs at least one"],
        files.Problems(""));

    [Fact]
    public void Says_when_the_file_is_not_there()
    {
        var result = ConfigurationReader.Read("/nowhere/milswitch.yaml");
        Assert.True(result.Unreadable);
        Assert.Equal("/nowhere/milswitch.yaml:0: -: '/nowhere/milswitch.yaml' does not exist", Assert.Single(result.Problems).ToString());
    }

    [Fact]
    public void Names_the_included_file_for_its_problems()
    {
        files.Write("levels.yaml", "flash:\n  retry: 5s\n  max-size: huge\n");
        var result = ConfigurationReader.Read(files.Write("milswitch.yaml", ConfigurationFiles.Minimum + "\nprecedence: { file: levels.yaml }\n"));
        Assert.Equal(
            Path.Combine(files.Folder, "levels.yaml") + ":3: flash.max-size: 'huge' is not a size such as 64KiB, 25MiB or 4096",
            Assert.Single(result.Problems).ToString());
    }

    [Fact]
    public void Fills_in_the_defaults()
    {
        var configuration = files.Good(ConfigurationFiles.Minimum);
        Assert.Equal(Path.Combine(files.Folder, "data"), configuration.DataFolder);
        Assert.Equal(Path.Combine(files.Folder, "data", "admin.sock"), configuration.Admin.Socket);
        Assert.Equal("n1", configuration.Switch.HostName);
        Assert.Equal("MAILER-DAEMON@n1", configuration.Switch.Reports.From);
        Assert.Null(configuration.Metrics);
        Assert.Null(configuration.Admin.Endpoint);
        Assert.Equivalent(PrecedenceTable.Default, configuration.Switch.Precedences);
        var listener = Assert.Single(configuration.Listeners);
        Assert.Equal((ListenerRole.Relay, ListenerTlsMode.None, false), (listener.Role, listener.TlsMode, listener.RequireAuthentication));
        Assert.Equal(new SmtpLimits(), listener.Limits);
        Assert.Equal(LinkTls.Opportunistic, configuration.Switch.Routes.Find(Mailbox.Parse("a@b.example"))!.Tls);
    }

    [Fact]
    public void The_precedence_sample_is_the_default_table()
    {
        var configuration = files.Good(ConfigurationFiles.Minimum + $"\nprecedence: {{ file: \"{ConfigurationFiles.Repository}/config/precedence.yaml\" }}\n");
        Assert.Equivalent(PrecedenceTable.Default, configuration.Switch.Precedences, strict: true);
    }

    [Theory]
    [InlineData("relay.yaml")]
    [InlineData("gateway-mx.yaml")]
    [InlineData("full.yaml")]
    [InlineData("submission.yaml")]
    [InlineData("milswitch.yaml")]
    public void Reads_the_samples(string sample)
    {
        files.WriteCertificate().Dispose();
        files.Write("duty-officer.password", "a long pass phrase\n", secret: true);
        foreach (var file in Directory.GetFiles(Path.Combine(ConfigurationFiles.Repository, "config"), "*.yaml")) File.Copy(file, Path.Combine(files.Folder, Path.GetFileName(file)));
        File.Copy(Path.Combine(ConfigurationFiles.Repository, "deploy", "debian-layout", "etc", "milswitch", "milswitch.yaml"), Path.Combine(files.Folder, "milswitch.yaml"));
        Directory.CreateDirectory(Path.Combine(files.Folder, "policies"));
        foreach (var file in Directory.GetFiles(Path.Combine(ConfigurationFiles.Repository, "config", "policies"), "*.xml")) File.Copy(file, Path.Combine(files.Folder, "policies", Path.GetFileName(file)));
        files.Write("PIN.txt", "1234\n", secret: true);
        files.Write("P", "unused\n", secret: true);
        files.Write("words.txt", "# weights\n5 reactor core\n-2 reactor manual\n");
        var path = Path.Combine(files.Folder, sample);
        File.WriteAllText(path, File.ReadAllText(path).Replace("/usr/lib/softhsm/libsofthsm2.so", files.Write("library.so", ""), StringComparison.Ordinal));
        Assert.Empty(ConfigurationReader.Read(path).Problems);
    }

    [Fact]
    public void Reads_the_smallest_relay_as_the_manual_says()
    {
        var configuration = ConfigurationReader.Read(Path.Combine(ConfigurationFiles.Repository, "config", "relay.yaml")).Configuration!;
        var listener = Assert.Single(configuration.Listeners);
        Assert.Equal(IPEndPoint.Parse("127.0.0.1:2525"), listener.Endpoint);
        Assert.Equal(IPNetwork.Parse("127.0.0.0/8"), Assert.Single(listener.Clients).Network);
        var link = configuration.Switch.Routes.Find(Mailbox.Parse("a@b.example"))!;
        Assert.Equal(("127.0.0.1:2626", 20, LinkTlsMode.None), (link.Name.Value, link.Connections, link.Tls.Mode));
        Assert.Equal(IPEndPoint.Parse("127.0.0.1:8443"), configuration.Admin.Endpoint);
        Assert.Equal(IPEndPoint.Parse("127.0.0.1:9464"), configuration.Metrics);
    }

    [Fact]
    public void Sorts_alternates_by_preference_and_names_the_link_after_the_first()
    {
        var configuration = files.Good("""
            node: { name: n1, data: ./data }
            listeners: [{ name: mta, endpoint: "127.0.0.1:2525" }]
            routes:
              - match: A.Example
                next-hop: [{ host: "second.example:25", preference: 20 }, { host: "[2001:db8::1]:25", preference: 10 }]
              - { match: "*.b.example", next-hop: "mx:2525" }
              - { match: c.example, refuse: no such place }
            """);
        var link = configuration.Switch.Routes.Find(Mailbox.Parse("x@a.example"))!;
        Assert.Equal("[2001:db8::1]:25", link.Name.Value);
        Assert.Equal(["[2001:db8::1]:25", "second.example:25"], link.Targets.Select(t => t.ToString()));
        var mx = configuration.Switch.Routes.Find(Mailbox.Parse("x@y.b.example"))!;
        Assert.Equal(("mx:y.b.example", "y.b.example", 2525), (mx.Name.Value, mx.MxDomain, mx.MxPort));
        Assert.Equal("no such place", configuration.Switch.Routes.Explain(Mailbox.Parse("x@c.example")).Refusal);
    }

    [Fact]
    [Trait("Feature", "C-08")]
    public void Nobody_may_exempt_mail_from_minimize_unless_it_is_said()
    {
        files.Write("secret", "not to be known\n", secret: true);
        Assert.True(files.Good(ConfigurationFiles.Minimum + "\naccounts: [{ name: a, password: { file: secret } }]\n").Switch.MinimizeExemptions.IsEmpty);
        var text = ConfigurationFiles.Minimum.Replace(
            "role: relay", "role: relay, clients: [192.0.2.64/26, { network: 192.0.2.0/24, may-exempt-from-minimize: true }]", StringComparison.Ordinal);
        var exemptions = files.Good(
            text + "\naccounts: [{ name: a, password: { file: secret }, may-exempt-from-minimize: true }, { name: b, password: { file: secret } }]\n").Switch.MinimizeExemptions;
        Assert.Equal(["a"], exemptions.Accounts);
        Assert.Equal(
            [(false, "192.0.2.64/26"), (true, "192.0.2.0/24")],
            exemptions.Clients.Select(c => (c.MayExempt, c.Network.ToString())));
        Assert.All(exemptions.Clients, c => Assert.Equal("mta", c.Listener));
        Assert.Contains(files.Problems(text.Replace("minimize: true", "minimize: always", StringComparison.Ordinal)), p => p.Contains("clients[1].may-exempt-from-minimize", StringComparison.Ordinal));
    }

    [Theory]
    [Trait("Feature", "D-02")]
    [InlineData("role: relay", false, false)]
    [InlineData("role: relay, mmhs: { check: fields }", true, false)]
    [InlineData("role: relay, mmhs: { check: presence, require: mmhs-message-type, correct: true }", true, true)]
    [InlineData("role: submission, require-authentication: false", true, false)]
    [InlineData("role: submission, require-authentication: false, mmhs: { check: off }", false, false)]
    public void Looks_at_military_fields_where_mail_is_handed_in_or_where_it_is_said(string listener, bool looks, bool demands)
    {
        var rules = files.Good(ConfigurationFiles.Minimum.Replace("role: relay", listener, StringComparison.Ordinal)).Switch.ListenerMmhs.GetValueOrDefault("mta");
        Assert.Equal(looks, rules is not null);
        Assert.Equal((demands, demands), (rules is { Presence: true }, rules is { Correct: true, Require: [MilSwitch.Domain.Military.MmhsField.MessageType] }));
    }

    [Fact]
    [Trait("Threat", "K4")]
    public void Keeps_passwords_as_verifiers_only()
    {
        files.Write("secret", "PIN-CANARY-7f3a\n", secret: true);
        var configuration = files.Good(ConfigurationFiles.Minimum + "\naccounts: [{ name: a, password: { file: secret }, precedence: flash, too-high: refuse }]\n");
        var account = configuration.Accounts.Find("a")!;
        Assert.Equal((Precedence.Flash, false), (account.HighestPrecedence, account.LowerPrecedence));
        Assert.True(account.Scram!.Iterations >= 4096);
        Assert.Null(configuration.Accounts.Find("A"));
        var again = files.Good(ConfigurationFiles.Minimum + $"\naccounts: [{{ name: a, scram: \"{ConfigurationReader.Write(account.Scram)}\" }}]\n").Accounts.Find("a")!;
        Assert.Equal(account.Scram.StoredKey.ToArray(), again.Scram!.StoredKey.ToArray());
    }

    [Fact]
    [Trait("Threat", "K4")]
    public void Refuses_secrets_that_everybody_can_read()
    {
        files.Write("secret", "PIN-CANARY-7f3a\n");
        Assert.Equal(
            ["6: accounts[0].password.file: 'secret' can be read by everyone on this machine; take that right away (chmod o= secret)"],
            files.Problems(ConfigurationFiles.Minimum + "\naccounts: [{ name: a, password: { file: secret } }]\n"));
    }

    [Fact]
    [Trait("Threat", "K4")]
    public void No_problem_shows_a_secret()
    {
        files.Write("secret", "PIN-CANARY-7f3a\nsecond line\n", secret: true);
        files.Write("short", "PIN-CANARY\n", secret: true);
        var problems = files.Problems(ConfigurationFiles.Minimum + """

            accounts: [{ name: a, password: { file: secret } }, { name: b, password: PIN-CANARY }]
            admin: { tokens: [{ name: a, token: { file: short } }, { name: b, token: PIN-CANARY }] }
            """);
        Assert.Equal(4, problems.Length);
        Assert.DoesNotContain(problems, p => p.Contains("CANARY", StringComparison.Ordinal));
    }

    [Fact]
    public void Finds_accounts_by_certificate()
    {
        using var certificate = files.WriteCertificate();
        var print = certificate.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256);
        Assert.Equal("a", files.Good(ConfigurationFiles.Minimum + $"\naccounts: [{{ name: a, certificate: {{ thumbprint: \"{print}\" }} }}]\n").Accounts.FindByCertificate(certificate)!.Name);
        Assert.Equal("b", files.Good(ConfigurationFiles.Minimum + "\naccounts: [{ name: b, certificate: { subject: CN=localhost } }]\n").Accounts.FindByCertificate(certificate)!.Name);
        Assert.Null(files.Good(ConfigurationFiles.Minimum).Accounts.FindByCertificate(certificate));
    }
}
