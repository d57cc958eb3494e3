using System.Formats.Asn1;
using System.Text;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Markings;
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

    private const string Words = "1.3.6.1.4.1.99999.4.5.1", Places = "1.3.6.1.4.1.99999.4.5.2", Bits = "2.16.840.1.101.2.1.8.3.0", Release = "2.16.840.1.101.2.1.8.3.1";

    private static readonly AsnSpif WithCategories = new()
    {
        Categories = [(Bits, AsnSpif.Tag(Words, true, 1, 9)), (Release, AsnSpif.Tag(Places, false, 10, 300))],
        Required = [(Bits, AsnSpif.Tag(Words, true, 9)), (Release, AsnSpif.Tag(Places, false))],
    };

    [Fact]
    public void Reads_categories_in_the_syntaxes_of_labels()
    {
        var policy = AsnSpifReader.Read(WithCategories.Encode());

        Assert.Equal([1, 9], policy.Tag(Words, TagType.Restrictive)!.Tag.Categories.Select(c => c.Value));
        Assert.Equal([10, 300], policy.Tag(Places, TagType.EnumeratedPermissive)!.Tag.Categories.Select(c => c.Value));
        var rule = policy.Classification("HIGH")!.Required.Single();
        Assert.Equal((RequiredOperation.All, new CategoryReference(Words, TagType.Restrictive, 9), new CategoryReference(Places, TagType.EnumeratedPermissive, null)), (rule.Operation, rule.Group[0], rule.Group[1]));
    }

    [Fact]
    public void Holds_a_label_to_the_categories_that_its_classification_requires()
    {
        var policy = AsnSpifReader.Read(WithCategories.Encode());
        var label = new SecurityLabel { Policy = policy.Id, Classification = 2, Categories = [new TagCategory(Words, TagType.Restrictive, [9]), new TagCategory(Places, TagType.EnumeratedPermissive, [300])] };

        Assert.True(LabelValidity.IsValid(label, policy));
        Assert.False(LabelValidity.IsValid(label with { Categories = [label.Categories[0]] }, policy));
        Assert.Equal($"TEST Phrase of HIGH [{Words} restrictive 9] [{Places} enumerated-permissive 300]", MarkingText.Generate(label, policy, MarkingPlace.PageTop));
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
        { "applied", "applied" }, { "code", "code" }, { "policy", "policyRef" }, { "categories", "syntax that is not known" }, { "required", "syntax that is not known" }, { "operation", "operation" },
        { "missi", "restrictive or permissive" }, { "elsewhere", "doesn't have" }, { "twice", "can't tell apart" },
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
            "categories" => good with { Categories = [("1.2.3", AsnSpif.Tag(Words, true, 1))] },
            "required" => good with { Required = [("1.2.3", AsnSpif.Tag(Words, true, 1))] },
            "operation" => good with { Categories = [(Bits, AsnSpif.Tag(Words, true, 1))], Required = [(Bits, AsnSpif.Tag(Words, true, 1))], Operation = 4 },
            "missi" => good with { Categories = [("2.16.840.1.101.2.1.8.1", Convert.FromHexString("310F300D06022A033007A2053103020105"))] },
            "elsewhere" => good with { Required = [(Bits, AsnSpif.Tag(Words, true, 1))] },
            "twice" => good with { Categories = [(Bits, AsnSpif.Tag(Words, true, 1)), (Bits, AsnSpif.Tag(Words, true, 1))] },
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
        var good = new[] { new AsnSpif().Encode(), new AsnSpif { IsSigned = true }.Encode(AsnEncodingRules.BER), WithCategories.Encode() };
        for (var seed = 0; seed < 9_000; seed++)
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
