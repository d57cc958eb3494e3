using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Precedences;
using MilSwitch.Host.Configuration;

namespace MilSwitch.Host.Tests;

[Trait("Feature", "L-03")]
public sealed class ReceiptConfigurationTests : IDisposable
{
    private const string Receipts = "receipts: { address: receipts@red.example }";
    private readonly ConfigurationFiles files = new();

    public ReceiptConfigurationTests()
    {
        files.WriteCertificate("domain-signing-authority").Dispose();
        files.Write("tag.key", "0123456789abcdef0123456789abcdef", secret: true);
    }

    public void Dispose() => files.Dispose();

    [Fact]
    public void Reads_how_receipts_come_back_and_who_takes_over()
    {
        var switching = files.Good(Text + "precedence: { flash: { report-alarm: 1m, receipt-alarm: none, action-point-after: 2m } }\n").Switch;
        var boundary = switching.Boundaries.Find("red", "blue")!;
        Assert.Equal(("receipts@red.example", "signing"), (boundary.Receipts!.Address, boundary.Receipts.Sign.Key));
        Assert.Equal([AcknowledgmentGrade.RecipientVerified], boundary.Receipts.Grades.ToArray());
        Assert.Equal("duty@blue.example", boundary.ActionPoint);
        Assert.Equal(new AcknowledgmentDeadline(TimeSpan.FromMinutes(1), null, TimeSpan.FromMinutes(2)), switching.Acknowledgments[Precedence.Flash]);
        Assert.Equal(AcknowledgmentDeadlines.Default[Precedence.Routine], switching.Acknowledgments[Precedence.Routine]);
    }

    [Fact]
    public void Reads_the_grades() => Assert.Equal(
        [AcknowledgmentGrade.GatewayAccepted, AcknowledgmentGrade.DomainDelivered],
        files.Good(Text.Replace(Receipts, "receipts: { address: receipts@red.example, grades: [gateway-accepted, domain-delivered] }", StringComparison.Ordinal)).Switch.Boundaries.Find("red", "blue")!.Receipts!.Grades.ToArray());

    [Theory]
    [InlineData("address: receipts@red.example", "address: nobody", "11: boundaries[0].receipts.address: 'nobody' is not a mail address")]
    [InlineData("address: receipts@red.example", "address: receipts@blue.example", "11: boundaries[0].receipts.address: no route leads 'receipts@blue.example' into 'red'")]
    [InlineData(Receipts, "receipts: { }", "11: boundaries[0].receipts.address: is missing")]
    [InlineData(Receipts, "receipts: { address: receipts@red.example, key: nokey }", "boundaries[0].receipts.key: there is no key 'nokey'")]
    [InlineData(Receipts, "receipts: { address: receipts@red.example, grades: [read] }", "'read' is not one of gateway-accepted, domain-delivered, recipient-verified")]
    [InlineData(Receipts, "receipts: { address: receipts@red.example, nonsense: 1 }", "unknown key")]
    [InlineData(", departure: { protection: { sign: { key: signing, signature-type: domain } } }", "", "does nothing without departure.protection.sign")]
    [InlineData("  - { name: in, from: blue, to: red, arrival: { signature: optional } }\n", "", "nothing comes to it: no boundary leads from 'blue' to 'red'")]
    [InlineData("reports: { tag-key: { file: tag.key } }\n", "", "needs reports.tag-key")]
    [InlineData("red.example], keys: [signing]", "red.example]", "'signing' is not a key of domain 'red'")]
    [InlineData("action-point: duty@blue.example", "action-point: duty@red.example", "11: boundaries[0].action-point: no route leads 'duty@red.example' into 'blue'")]
    [InlineData("action-point: duty@blue.example", "action-point: duty", "'duty' is not a mail address")]
    public void Says_what_is_wrong(string right, string wrong, string expected)
    {
        Assert.Contains(right, Text, StringComparison.Ordinal);
        Assert.Contains(files.Problems(Text.Replace(right, wrong, StringComparison.Ordinal)), p => p.Contains(expected, StringComparison.Ordinal));
    }

    private static readonly string Text = $$"""
        node: { name: n1, data: ./data }
        keys: [{ name: signing, file: tls.key, certificate: tls.pem }]
        domains:
          - { name: red, mail: [red.example], keys: [signing] }
          - { name: blue, mail: [blue.example] }
        listeners: [{ name: mta, endpoint: "127.0.0.1:2525", domain: red, clients: [127.0.0.0/8] }]
        routes:
          - { match: red.example, next-hop: "127.0.0.1:2626", domain: red }
          - { match: blue.example, next-hop: "127.0.0.1:2627", domain: blue }
        boundaries:
          - { name: out, from: red, to: blue, arrival: { signature: optional }, departure: { protection: { sign: { key: signing, signature-type: domain } } }, {{Receipts}}, action-point: duty@blue.example }
          - { name: in, from: blue, to: red, arrival: { signature: optional } }
        reports: { tag-key: { file: tag.key } }

        """;
}
