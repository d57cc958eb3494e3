using System.Text;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Labels.Tests.Xml;

public sealed class XmlRoundTripTests
{
    private const int Labels = 300;

    [Fact]
    public void Reads_what_it_writes_in_every_form()
    {
        for (var i = 0; i < Labels; i++)
        {
            var policy = GeneratedPolicy.Make(i % 10);
            var policies = new PolicySet([policy]);
            var random = new Random(i);
            var label = GeneratedPolicy.Label(random, policy);

            var stanag = new Stanag4774Label { Label = label, Kind = (Stanag4774Kind)random.Next(4), Created = new XmlTime(DateTimeOffset.UnixEpoch.AddTicks(random.NextInt64(1L << 55))), Originator = new Stanag4774Originator("rfc822Name", $"a{i}@example.org"), Id = i % 2 == 0 ? $"l{i}" : null };
            Assert.Equal(stanag, Stanag4774.Read(Stanag4774.Write(stanag, policies), policies));
            Assert.Equal(label, NativeXmlLabel.Read(NativeXmlLabel.Write(label), policies));

            var binding = Bind(random, stanag with { Kind = Stanag4774Kind.Originator });
            Assert.Equal(binding, Stanag4778.Read(Stanag4778.Write(binding, policies), policies));
            Assert.Equal(label, XmlLabel.Read(Stanag4778.Write(binding, policies), policies).Label);

            var bare = new SecurityLabel { Policy = policy.Id, Classification = label.Classification };
            Assert.Equal(bare, SecLabel.Read(SecLabel.Write(bare), policies));
        }
    }

    [Fact]
    public void Reads_clearances_that_it_writes()
    {
        for (var i = 0; i < Labels; i++)
        {
            var policy = GeneratedPolicy.Make(i % 10);
            var label = GeneratedPolicy.Label(new Random(i), policy);
            var clearance = new Clearance { Policy = policy.Id, Classifications = [0, 3, 6], Categories = label.Categories };

            Assert.Equal(clearance, NativeXmlClearance.Read(NativeXmlClearance.Write(clearance), new PolicySet([policy])));
        }
    }

    private static Stanag4778Binding Bind(Random random, Stanag4774Label label) => new()
    {
        Bindings =
        [
            new MetadataBinding("b1", 0, [new BoundMetadata { Label = label }], [new BoundData { Uri = "" }, new BoundData { Uri = $"cid:{random.Next()}@example.org", ContentType = "image/png" }]),
            new MetadataBinding(null, 0, [new BoundMetadata { Uri = "mid:a@example.org" }, new BoundMetadata { Other = "<m xmlns=\"urn:x\">1 &lt; 2</m>" }], [new BoundData { Embedded = "<d xmlns=\"urn:y\"><e /></d>" }]),
            new MetadataBinding("b3", 1, [new BoundMetadata { Label = label with { Kind = Stanag4774Kind.Metadata } }], [new BoundData { Embedded = Encoding.ASCII.GetString("bytes"u8), ContentType = "text/plain", Encoding = "base64" }]),
        ],
    };
}
