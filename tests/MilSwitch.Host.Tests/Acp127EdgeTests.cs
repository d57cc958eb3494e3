using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Acp127;
using MilSwitch.Host.Configuration;

namespace MilSwitch.Host.Tests;

/// <summary>The edge to ACP 127 without a switch: its configuration, its numbers, and what it does when the switch refuses.</summary>
public sealed class Acp127EdgeTests
{
    private const string Line = "OO RXFPA\nDE RPDLE 0001 0341215\nO 031215Z FEB 26\nFM SACLANT\nTO RXFPA/MINDEF\nBT\nUNCLAS\nBT\nNNNN\n";

    [Fact]
    [Trait("Feature", "S-02")]
    public void Every_problem_of_a_line_is_named()
    {
        using var files = new ConfigurationFiles();
        files.Write("stations.yaml", Acp127Stage.Stations.Replace("RXFPN", "XXFPN", StringComparison.Ordinal));
        var problems = files.Problems(ConfigurationFiles.Minimum.Replace("match: \"*\"", "match: red.test", StringComparison.Ordinal) + """

              - { match: a.test, next-hop: "acp127:nowhere" }
              - { match: b.test, next-hop: "acp127:south", tls: { mode: none } }
            acp127:
              directory: stations.yaml
              lines:
              - { name: "a b", station: XFPA, operator: nobody }
              - { name: mta, station: RXFPA, operator: c@red.test, in: { folder: ., clients: [127.0.0.1], tls: { key: none }, channel: A1 } }
              - { name: south, station: RXFPA, operator: c@blue.test, labels: {}, out: { folder: ./none, next-hop: x } }
              - { name: north, station: RXFPA, operator: c@red.test, in: { endpoint: "127.0.0.1:2525", interval: 1s } }
            """);
        Assert.Equal(
            [
                "acp127", "acp127.lines[0].in", "acp127.lines[0].name", "acp127.lines[0].operator", "acp127.lines[0].station", "acp127.lines[1].in.channel", "acp127.lines[1].in.clients", "acp127.lines[1].in.tls", "acp127.lines[1].in.tls.certificate", "acp127.lines[1].in.tls.key", "acp127.lines[1].in.tls.key",
                "acp127.lines[1].name", "acp127.lines[2].labels", "acp127.lines[2].operator", "acp127.lines[2].out.folder", "acp127.lines[2].out.next-hop", "acp127.lines[2].out.next-hop", "acp127.lines[3].in.clients", "acp127.lines[3].in.interval", "routes[1].next-hop", "routes[2].tls",
            ],
            problems.Where(p => !p.Contains("stations.yaml", StringComparison.Ordinal)).Select(p => p.Split(": ")[1]).Order(StringComparer.Ordinal));
        Assert.Contains(problems, p => p.EndsWith("stations.yaml:4: stations[2].routing: 'XXFPN' is no routing indicator of 4 to 7 capitals, R or U first", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Refusal.StoreFull, null, "Later")]
    [InlineData(Refusal.NotOwner, null, "Later")]
    [InlineData(Refusal.LabelRefused, null, "Held")]
    [InlineData(Refusal.LabelRefused, Refusal.StoreFull, "Later")]
    [Trait("Feature", "S-02")]
    public async Task What_the_switch_refuses_for_now_is_not_taken_and_what_it_refuses_for_good_is_held(Refusal first, Refusal? second, string outcome)
    {
        using var files = new ConfigurationFiles();
        files.Write("stations.yaml", Acp127Stage.Stations);
        var path = files.Write("milswitch.yaml", ConfigurationFiles.Minimum + "\nacp127: { directory: stations.yaml, lines: [{ name: ship, station: RXFPA, operator: c@d.test, in: { folder: . } }] }\n");
        var configuration = ConfigurationReader.Read(path).Configuration!;
        var intake = new RefusingIntake(first, second);
        var taken = await new Acp127Intake(intake, () => configuration, TimeProvider.System).AcceptAsync(configuration.Acp127.Lines[0], "", Encoding.ASCII.GetBytes(Line), DateTimeOffset.UnixEpoch, default);
        Assert.Equal(outcome, taken.ToString());
        Assert.Equal(outcome is "Held" ? ["ACP 127: the whole: the switch refuses the mail: LabelRefused"] : [], intake.Held);
    }

    [Fact]
    [Trait("Feature", "D-06")]
    public async Task Numbers_are_given_without_gaps_and_the_same_for_the_same_whichever_node_gives_them()
    {
        var spool = FakeSpool.Create(SpoolHealth.Ready);
        var (first, second) = (new Acp127Ledger(spool, "n", 3), new Acp127Ledger(spool, "n", 3));
        Assert.Equal((1, "x"), await first.GiveAsync("a", "x"));
        Assert.Equal((2, "y"), await second.GiveAsync("b", "y"));
        Assert.Equal((1, "x"), await second.GiveAsync("a", "z"));
        await first.TakeBackAsync("a");
        Assert.Equal((3, "-"), await first.GiveAsync("c", "-"));
        await second.TakeBackAsync("c");
        Assert.Equal((3, "-"), await second.GiveAsync("d", "-"));
        Assert.Equal((1, "-"), await first.GiveAsync("e", "-"));
        // At once, from several nodes.
        var many = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(() => new Acp127Ledger(spool, "m", 999).GiveAsync("k" + i, "-").AsTask())));
        Assert.Equal(Enumerable.Range(1, 40), many.Select(g => g.Number).Order());
        await spool.PutDocumentAsync(Acp127Ledger.Kind, "n", "4\n");
        await Assert.ThrowsAsync<InvalidDataException>(() => first.GiveAsync("f", "-").AsTask());
    }

    private sealed class RefusingIntake(Refusal first, Refusal? second) : IIntake
    {
        private int messages;

        public List<string> Held { get; } = [];

        public ValueTask<MailDecision> MailAsync(ClientIdentity client, MailRequest mail, CancellationToken cancellationToken) => new(MailDecision.Accepted);

        public ValueTask<Refusal?> RecipientAsync(ClientIdentity client, MailRequest mail, Recipient recipient, CancellationToken cancellationToken) => new((Refusal?)null);

        public IIncomingMessage Begin(ClientIdentity client, Envelope envelope, Domain.Spool.StoredDocument? beside = null) => new Incoming(this, messages++ is 0 ? first : second);

        public ValueTask<QueueStart> StartQueueAsync(ClientIdentity client, string domain, bool subdomains, CancellationToken cancellationToken) => new(QueueStart.Unable);

        private sealed class Incoming(RefusingIntake owner, Refusal? refusal) : IIncomingMessage
        {
            private string? because;

            public ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken) => default;

            public void Hold(string reason) => because = reason;

            public ValueTask<IntakeResult> CompleteAsync(CancellationToken cancellationToken)
            {
                if (refusal is { } no) return new(IntakeResult.Refused(no));
                if (because is not null) owner.Held.Add(because);
                return new(IntakeResult.Accepted(default));
            }

            public ValueTask DisposeAsync() => default;
        }
    }
}
