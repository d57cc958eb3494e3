using System.Buffers;
using System.Text;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Policies;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Inspection;
using MilSwitch.Smime.Messages;
using MilSwitch.Smime.Verdicts;
using MilSwitch.Testing;

namespace MilSwitch.Smime.Tests.Inspection;

[Trait("Feature", "H-01")]
[Trait("Feature", "H-02")]
[Trait("Feature", "H-05")]
[Trait("Threat", "C11")]
public sealed class LabelInspectionTests
{
    private const string Alfa = "1.3.6.1.4.1.99999.4.1";
    private const string From = "From: signer@unit.example\r\nMIME-Version: 1.0\r\n";

    private static readonly PolicySet Policies = new(
        [.. new[] { "alfa", "bravo" }.Select(n => SpifReader.Read(File.ReadAllBytes(Path.Combine(Workspace.RepositoryRoot, "config/policies", n + ".xml"))))]);

    private static readonly SecurityLabel Secret = new() { Policy = Alfa, Classification = 4, Categories = [new TagCategory(Alfa + ".2", TagType.Permissive, [0])] };

    private static readonly SecurityLabel Restricted = new() { Policy = Alfa, Classification = 2 };

    [Fact]
    public async Task Names_a_signed_label_by_its_policy()
    {
        using var result = await InspectAsync(From, "hello", Secret);
        var label = result.Report.Layers.Single().Label!;
        Assert.Equal(("ALFA", "SECRET", "ALFA SECRET RELEASABLE TO ALFA"), (label.PolicyName, label.ClassificationName, label.Marking));
        Assert.Equal(("Release", "ALFA"), (label.Categories[0].TagSetName, label.Categories[0].Values[0].ToString()));
        Expect(result, InspectionVerdict.Valid, null, agree: true, "ess");
        Assert.Equal("ALFA SECRET RELEASABLE TO ALFA", result.Report.Label!.Marking);
    }

    [Fact]
    public async Task Finds_a_label_invalid_that_its_policy_does_not_know()
    {
        using var result = await InspectAsync(From, "hello", Secret with { Classification = 77 });
        Expect(result, InspectionVerdict.Invalid, Reason.LabelInvalid, agree: true, "ess");
        using var unknown = await InspectAsync(From, "hello", Secret with { Classification = 77 }, policies: false);
        Expect(unknown, InspectionVerdict.Valid, null, agree: true, "ess");
    }

    [Fact]
    public async Task Compares_all_carriers_with_the_signed_label()
    {
        using var same = await InspectAsync(From + Field(Secret, "ALFA SECRET RELEASABLE TO ALFA") + "Subject: Fuel ([ALFA S RELEASABLE TO ALFA])\r\n", "** ALFA SECRET RELEASABLE TO ALFA **\r\n\r\nhello\r\n\r\n** ALFA SECRET RELEASABLE TO ALFA **", Secret);
        Expect(same, InspectionVerdict.Valid, null, agree: true, "ess", "sio-label", "flot", "subject");

        using var field = await InspectAsync(From + Field(Restricted), "hello", Secret);
        Expect(field, InspectionVerdict.Invalid, Reason.LabelMismatch, agree: false, "ess", "sio-label");
        Assert.Equal(4, field.Report.Label!.Classification);
        Assert.Contains("sio-label and ess: another classification", field.Report.Label.Differences);

        using var shown = await InspectAsync(From + Field(Secret, "ALFA RESTRICTED"), "hello", Secret);
        Expect(shown, InspectionVerdict.Invalid, Reason.LabelMismatch, agree: false, "ess", "sio-label");

        using var line = await InspectAsync(From, "** ALFA RESTRICTED **\r\n\r\nhello", Secret);
        Expect(line, InspectionVerdict.Invalid, Reason.LabelMismatch, agree: false, "ess", "flot");

        using var subject = await InspectAsync(From + "Subject: Fuel ([ALFA R])\r\n", "hello", Secret);
        Expect(subject, InspectionVerdict.Invalid, Reason.LabelMismatch, agree: false, "ess", "subject");
    }

    [Fact]
    public async Task Takes_no_text_for_a_marking_that_no_policy_has()
    {
        using var result = await InspectAsync(From + "Subject: Fuel (secret)\r\n", "SECRET\r\n\r\nhello\r\n\r\nKind regards", Secret);
        Expect(result, InspectionVerdict.Valid, null, agree: true, "ess");
    }

    [Fact]
    public async Task Tells_what_an_unsigned_message_says_and_believes_none_of_it()
    {
        using var result = await InspectAsync(From + Field(Restricted), "** ALFA RESTRICTED **\r\n\r\nhello", null);
        Expect(result, InspectionVerdict.Unsigned, null, agree: true, "sio-label", "flot");
        Assert.Equal((Alfa, 2), (result.Report.Label!.Policy, result.Report.Label.Classification));
        Assert.Empty(result.SignedLabels);
    }

    [Theory]
    [InlineData("SIO-Label: type=\":ess\"; label=\"AAAA\"\r\n")]
    [InlineData("SIO-Label: nonsense\r\n")]
    [InlineData("SIO-Label: marking=\"a\"\r\nSIO-Label: marking=\"b\"\r\n")]
    public async Task Tells_of_a_field_that_is_none_or_stands_twice_and_keeps_the_verdict_of_the_signature(string field)
    {
        // Anybody on the way can add one.
        using var labelled = await InspectAsync(From + field, "hello", Secret, policies: false);
        Assert.Equal((InspectionVerdict.Valid, false), (labelled.Verdict, labelled.Reasons.Contains(Reason.LabelInvalid)));
        Assert.StartsWith("sio-label: ", Assert.Single(labelled.Report.Label!.Faults), StringComparison.Ordinal);
        Assert.Contains("\"faults\":[\"sio-label: ", labelled.Report.ToJson().Replace(" ", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal).Replace("sio-label:", "sio-label: ", StringComparison.Ordinal), StringComparison.Ordinal);
        // Where no label is signed it may be the only one, and nobody knows what it says.
        using var bare = await InspectAsync(From + field, "hello", null, policies: false);
        Assert.True(bare.Reasons.Contains(Reason.LabelInvalid), bare.Report.ToJson());
        Assert.NotEqual(InspectionVerdict.Valid, bare.Verdict);
    }

    [Fact]
    public async Task Tells_of_an_added_label_that_its_policy_does_not_allow_and_keeps_the_verdict()
    {
        using var result = await InspectAsync(From + Field(Secret with { Classification = 77 }), "hello", Secret);
        Assert.Equal((InspectionVerdict.Valid, true), (result.Verdict, result.Report.Label!.Agree));
        Assert.Equal("sio-label: a label that its policy does not allow", Assert.Single(result.Report.Label.Faults));
    }

    [Fact]
    public async Task Compares_fields_without_a_policy_too()
    {
        using var same = await InspectAsync(From + Field(Secret, "whatever they show"), "hello", Secret, policies: false);
        Expect(same, InspectionVerdict.Valid, null, agree: true, "ess", "sio-label");
        using var other = await InspectAsync(From + Field(Restricted), "hello", Secret, policies: false);
        Expect(other, InspectionVerdict.Invalid, Reason.LabelMismatch, agree: false, "ess", "sio-label");
    }

    [Fact]
    [Trait("Feature", "H-07")]
    public async Task Reads_a_binding_to_the_message_and_none_to_its_attachments()
    {
        using var own = await InspectMixedAsync(Binding(""));
        Expect(own, InspectionVerdict.Invalid, Reason.LabelMismatch, agree: false, "ess", "stanag4774");
        using var attachment = await InspectMixedAsync(Binding("cid:picture@unit.example"));
        Expect(attachment, InspectionVerdict.Valid, null, agree: true, "ess");
    }

    [Fact]
    public async Task Exposes_signed_labels_octet_by_octet_with_their_equivalents()
    {
        var octets = EssLabel.Encode(Secret);
        using var good = await InspectAsync(From, "hello", Secret, equivalents: [Restricted]);
        var found = Assert.Single(good.SignedLabels);
        Assert.True(found.IsBelieved);
        Assert.Equal(octets, found.Encoded.ToArray());
        Assert.Equal(EssLabel.Encode(Restricted), Assert.Single(found.Equivalents).ToArray());

        using var unbelieved = await InspectAsync(From, "hello", Secret, trust: new TrustMaterial([]));
        Assert.False(Assert.Single(unbelieved.SignedLabels).IsBelieved);
    }

    [Fact]
    public async Task Exposes_what_stands_for_a_label_and_is_none()
    {
        var attribute = new CmsAttribute(AttributeTypes.SecurityLabel, (byte[])[0x31, 0x00]);
        using var result = await InspectAsync(await MessageAsync(From, Text("hello"), [attribute]), policies: true, null);
        Assert.Equal((InspectionVerdict.Invalid, true), (result.Verdict, result.Reasons.Contains(Reason.LabelInvalid)));
        Assert.Equal((byte[])[0x31, 0x00], Assert.Single(result.SignedLabels).Encoded.ToArray());
        Assert.Equal("ess", Assert.Single(result.Report.Label!.Sources));
    }

    private static void Expect(InspectionResult result, InspectionVerdict verdict, Reason? reason, bool agree, params string[] sources)
    {
        var json = result.Report.ToJson();
        Assert.True(verdict == result.Verdict && (reason is { } why ? result.Reasons.Contains(why) : !result.Reasons.Any(r => r is Reason.LabelInvalid or Reason.LabelMismatch)), json);
        Assert.Equal(sources, result.Report.Label!.Sources);
        Assert.Equal(agree, result.Report.Label.Agree);
    }

    private static string Field(SecurityLabel label, string? marking = null) => $"SIO-Label: {SioLabel.Of(label, marking).Format()}\r\n";

    private static string Text(string text) => "Content-Type: text/plain\r\n\r\n" + text + "\r\n";

    private static string Binding(string uri) => Encoding.UTF8.GetString(Stanag4778.Write(
        new Stanag4778Binding
        {
            Bindings = [new MetadataBinding(null, 0, [new BoundMetadata { Label = new Stanag4774Label { Label = Restricted, Created = new XmlTime(SignedPki.Now) } }], [new BoundData { Uri = uri }])],
        },
        Policies));

    private static async Task<InspectionResult> InspectMixedAsync(string binding) => await InspectAsync(
        await MessageAsync(From, $"Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n{Text("hello")}\r\n--m\r\nContent-Type: application/xml\r\nContent-Transfer-Encoding: base64\r\n\r\n{Convert.ToBase64String(Encoding.UTF8.GetBytes(binding), Base64FormattingOptions.InsertLineBreaks)}\r\n--m--\r\n", [Attribute(Secret)]),
        policies: true, null);

    private static async Task<InspectionResult> InspectAsync(string header, string text, SecurityLabel? label, bool policies = true, SecurityLabel[]? equivalents = null, TrustMaterial? trust = null)
    {
        if (label is null) return await InspectAsync(Encoding.UTF8.GetBytes(header + Text(text)), policies, trust);
        var attributes = new List<CmsAttribute> { Attribute(label) };
        if (equivalents is not null) attributes.Add(new CmsAttribute(AttributeTypes.EquivalentLabels, EquivalentLabels.Encode(equivalents)));
        return await InspectAsync(await MessageAsync(header, Text(text), attributes), policies, trust);
    }

    private static Task<InspectionResult> InspectAsync(byte[] message, bool policies, TrustMaterial? trust) => MessageInspector.InspectAsync(message, new InspectionOptions
    {
        Trust = trust ?? new TrustMaterial([Certificate.Read(SignedPki.Authority)]), At = SignedPki.Now, Policies = policies ? Policies : PolicySet.Empty,
    });

    private static CmsAttribute Attribute(SecurityLabel label) => new(AttributeTypes.SecurityLabel, EssLabel.Encode(label));

    private static async Task<byte[]> MessageAsync(string header, string entity, IReadOnlyList<CmsAttribute> attributes)
    {
        var octets = Encoding.UTF8.GetBytes(entity);
        var parts = await SignedDataWriter.SignAsync(new SigningOrder
        {
            Content = new ContentDigests(octets), Signers = [SignedPki.Signer("p256")], IsDetached = true, SigningTime = SignedPki.Now, Attributes = attributes, Layer = SignatureLayer.Only,
        });
        var into = new ArrayBufferWriter<byte>();
        SmimeWriter.WriteClearSigned(into, octets, new ReadOnlySequence<byte>(parts.Join([])), "sha-256");
        return [.. Encoding.UTF8.GetBytes(header), .. into.WrittenSpan];
    }
}
