using System.Text;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Inspection;
using MilSwitch.Smime.Messages;
using MilSwitch.Testing;

namespace MilSwitch.Smime.Tests.Inspection;

public sealed class InspectionReportTests
{
    private static InspectionReport Full
    {
        get
        {
            var time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
            var label = new LabelReport
            {
                Policy = "1.2.3", PolicyName = "Policy", Classification = 4, ClassificationName = "SECRET", PrivacyMark = "mark",
                Categories = [new LabelCategoryReport("1.2.3.4", "permissive", [new LabelValueReport("GBR", null), new LabelValueReport(null, 2)]) { ValueNumbers = [1, 2] }],
            };
            var signer = new SignerReport
            {
                Verdict = "invalid", Reasons = ["CERT-EXPIRED"], Subject = "CN=Alice", Issuer = "CN=CA", Serial = "0a", Addresses = ["alice@example.net"], Digest = "sha256", Signature = "ecdsa-p384",
                SigningTime = time, SignatureType = "originator",
            };
            var outer = MimeEntity.Read(Encoding.UTF8.GetBytes("From: alice@example.net\r\nSubject: other\r\n\r\n"), new MimeBudget());
            var payload = MimeEntity.Read(
                Encoding.UTF8.GetBytes("From: alice@example.net\r\nSubject: <Secret> \u00e4\r\nHP-Outer: From: alice@example.net\r\nHP-Outer: Subject: [...]\r\nContent-Type: application/pdf; name=\"a.pdf\"; hp=\"cipher\"\r\n\r\nxyz"),
                new MimeBudget(), "1.1");
            return new InspectionReport
            {
                Verdict = "invalid", Reasons = ["CERT-EXPIRED", "HEADER-MISMATCH"],
                Layers =
                [
                    new LayerReport
                    {
                        Index = 0, Part = "1", Type = "signed", Verdict = "invalid", Reasons = ["CERT-EXPIRED"], Signers = [signer with { Countersigners = [signer with { SignatureType = "review" }] }], Label = label,
                        EquivalentLabels = [label], ReceiptRequest = new ReceiptRequestReport("c7", "list", ["bob@example.net"]), Receipt = new ReceiptReport("c7", "ab", "cd"),
                        MlExpansionHistory = [new ListExpansionReport("CN=List 0b", time, "none")], ContentHints = "text", ContentReference = "c6",
                    },
                    new LayerReport { Index = 1, Part = "1.1", Type = "auth-encrypted", Verdict = "valid", Recipients = [new RecipientReport("ktri", "CN=CA 0a", true)], ContentEncryption = "aes256-gcm" },
                ],
                HeaderProtection = HeaderProtectionReport.Of(ProtectedHeaders.Read(outer.Header, payload, true, true)),
                Identity = new IdentityReport(["alice@example.net"], "ok", null),
                Label = new MessageLabelReport(["ess", "sio-label"], true, "1.2.3", 4, "SECRET"),
                Mmhs = new MmhsReport
                {
                    PrimaryPrecedence = "flash", CopyPrecedence = "routine", MessageType = 1, MessageTypeIdentifier = "CANDLE FISH", ExtendedAuthorisationInfo = time, DateTimeGroup = "020304Z JAN 26",
                    SubjectIndicatorCodes = ["SDM", "KKZ"], HandlingInstructions = ["RXFPA ZOV MINDEF"], MessageInstructions = ["NO DISTRIBUTION"], CodressMessageIndicator = 23, OriginatorReference = "IMSCOM-JIC-612-78",
                    ExemptedAddresses = ["duty@shl.example.com"], OtherRecipientsTo = ["UK SHL COS"], OtherRecipientsCc = ["UK SHL LEGAD"], Acp127MessageIdentifier = "RPDLE 1234 0341215", OriginatorPlad = "SACLANT",
                    AuthorizingUsers = ["cos@shl.example.com"], Faults = ["MMHS-Copy-Precedence: the field is there more than once (MMHS-TWICE)"],
                },
                Attachments = [AttachmentReport.Of(payload)!],
            };
        }
    }

    private static InspectionReport Smallest => new() { Verdict = "unsigned", HeaderProtection = new HeaderProtectionReport("none", []), Identity = new IdentityReport([], "none", null) };

    [Theory]
    [InlineData("full")]
    [InlineData("smallest")]
    public void Writes_the_approved_JSON(string name) =>
        Assert.Equal(File.ReadAllText(Approved(name)), (name is "full" ? Full : Smallest).ToJson() + "\n");

    [Fact]
    public void Reads_again_what_it_wrote()
    {
        Assert.Equal(Full.ToJson(), InspectionReport.FromJson(Full.ToJson(indented: false)).ToJson());
        Assert.DoesNotContain('\n', Full.ToJson(indented: false));
    }

    [Fact]
    public void No_value_leaves_its_string() => Assert.DoesNotContain("<Secret>", Full.ToJson(), StringComparison.Ordinal);

    private static string Approved(string name) => Path.Combine(Workspace.RepositoryRoot, "tests/MilSwitch.Smime.Tests/Inspection", $"report.{name}.approved.json");
}
