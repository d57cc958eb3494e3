using System.Formats.Asn1;
using System.Text;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Tests.Policies;

public sealed class AsnSpifReaderTests
{
    [Theory]
    [InlineData(AsnEncodingRules.DER, false)]
    [InlineData(AsnEncodingRules.BER, false)]
    [InlineData(AsnEncodingRules.DER, true)]
    public void Reads_a_policy(AsnEncodingRules rules, bool isSigned)
    {
        var policy = AsnSpifReader.Read(new AsnSpif { IsSigned = isSigned }.Encode(rules));

        Assert.Equal(("TEST", "1.3.6.1.4.1.99999.4.5", "7", "CN=Office, C=XA"), (policy.Name, policy.Id, policy.Version, policy.Originator));
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), policy.Created);
        Assert.Equal("1.3.6.1.4.1.99999.4.1", policy.DefaultPolicy);
        var high = policy.Classification("HIGH")!;
        Assert.Equal((2, 2, true), (high.Value, high.Hierarchy, high.IsObsolete));
        Assert.Equal(new MarkingData("Phrase of HIGH", null, MarkingCodes.PageTop | MarkingCodes.PageBottom), high.Markings.Single());
        Assert.Equal(("1.3.6.1.4.1.99999.4.6", 2, EquivalenceUse.Both), (high.Equivalents[0].Policy, high.Equivalents[0].Value, high.Equivalents[0].Applied));
    }

    [Fact]
    public void Reads_octets_that_lie_in_the_midst_of_others()
    {
        var octets = new AsnSpif().Encode();

        Assert.Equal("TEST", AsnSpifReader.Read(new byte[7].Concat(octets).Concat(new byte[3]).ToArray().AsMemory(7, octets.Length)).Name);
    }

    [Fact]
    [Trait("Threat", "X2")]
    public void Refuses_by_the_rules_of_the_other_form_and_tells_the_octet()
    {
        var octets = new AsnSpif { Classes = [(1, "LOW", 1), (1, "Low", 1)] }.Encode();

        var problems = Assert.Throws<PolicyRefusedException>(() => AsnSpifReader.Read(octets)).Problems;

        var name = Assert.Single(problems, p => p.Text.Contains("only in case", StringComparison.Ordinal));
        Assert.Equal("Low", Encoding.UTF8.GetString(octets, (int)name.Octet + 2, 3));
        Assert.Contains(problems, p => p.Text.Contains("lacv 1", StringComparison.Ordinal));
        Assert.Contains(problems, p => p.Text.Contains("hierarchy 1", StringComparison.Ordinal));
        Assert.StartsWith($"octet {problems[0].Octet}: ", problems[0].ToString(), StringComparison.Ordinal);
    }

    public static TheoryData<string, string> Faults => new()
    {
        { "applied", "applied" }, { "code", "code" }, { "policy", "policyRef" }, { "categories", "not public" }, { "required", "not public" },
        { "extension", "critical extension" }, { "syntax", "rbacId" }, { "version", "syntax is not 0" }, { "negative", "negative" }, { "class", "greater than 256" }, { "name", "not seen" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Refuses_with_a_reason(string fault, string reason)
    {
        var good = new AsnSpif();
        var broken = fault switch
        {
            "applied" => good with { Applied = 3 },
            "code" => good with { Code = 7 },
            "policy" => good with { EquivalentPolicy = "1.2.3" },
            "categories" => good with { HasCategories = true },
            "required" => good with { RequiresCategories = true },
            "extension" => good with { HasCriticalExtension = true },
            "syntax" => good with { LabelSyntax = "1.2.3" },
            "version" => good with { SyntaxVersion = 1 },
            "negative" => good with { Classes = [(-1, "LOW", 1)] },
            "class" => good with { Classes = [(257, "LOW", 1)] },
            _ => good with { Classes = [(1, "LO\u200BW", 1)] },
        };

        var problems = Assert.Throws<PolicyRefusedException>(() => AsnSpifReader.Read(broken.Encode())).Problems;

        Assert.Contains(problems, p => p.Text.Contains(reason, StringComparison.Ordinal) && p.Octet > 0);
    }

    [Fact]
    public void Refuses_anything_after_the_policy() => Assert.Throws<PolicyRefusedException>(() => AsnSpifReader.Read(new AsnSpif().Encode().Append((byte)0).ToArray()));

    [Fact]
    public void Refuses_numbers_and_identifiers_of_megabytes()
    {
        foreach (var tag in new byte[] { 2, 6 })
        {
            byte[] value = [tag, 0x83, 0x40, 0, 0, .. Enumerable.Repeat((byte)0x81, 0x400000 - 1), 1];
            byte[] inner = [0x30, 0x83, 0x40, 0, 5, .. value];
            Assert.Throws<PolicyRefusedException>(() => AsnSpifReader.Read((byte[])[0x30, 0x83, 0x40, 0, 10, .. inner]));
        }
    }

    [Fact]
    [Trait("Threat", "X1")]
    public void Refuses_or_reads_any_mutation()
    {
        var good = new[] { new AsnSpif().Encode(), new AsnSpif { IsSigned = true }.Encode(AsnEncodingRules.BER) };
        for (var seed = 0; seed < 6_000; seed++)
        {
            try
            {
                AsnSpifReader.Read(PolicyMutations.Der(good[seed % good.Length], seed));
            }
            catch (PolicyRefusedException e)
            {
                Assert.NotEmpty(e.Problems);
            }
        }
    }
}
