using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Markings;
using MilSwitch.Labels.Policies;
using MilSwitch.Labels.Tests.Generated;

namespace MilSwitch.Labels.Tests.Carriers;

/// <summary>One label says the same in every carrier: read back from each, it is checked, permitted and marked alike.</summary>
public sealed class CrossCarrierTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_label_is_the_same_label_whatever_carried_it(int seed)
    {
        var world = new LabelWorld(seed, categories: 60, tagSets: 6);
        var policies = new PolicySet([world.Policy]);
        for (var i = 0; i < 100; i++)
        {
            var label = world.Label();
            var clearance = i % 2 is 0 ? world.Fitting(label) : world.Clearance();
            var marking = MarkingText.Generate(label, world.Policy, MarkingPlace.Display);
            var permits = AccessControl.Permits(label, clearance, world.Policy);
            foreach (var (carrier, read) in Carried(label, policies))
            {
                Assert.True(label == read, $"seed {seed}, label {i}: {carrier}");
                Assert.True(LabelValidity.IsValid(read, world.Policy), carrier);
                Assert.Equal(permits, AccessControl.Permits(read, clearance, world.Policy));
                Assert.Equal(marking, MarkingText.Generate(read, world.Policy, MarkingPlace.Display));
                // And from there in octets as it was.
                Assert.Equal(EssLabel.Encode(label), EssLabel.Encode(read));
            }
        }
    }

    private static IEnumerable<(string Carrier, SecurityLabel Label)> Carried(SecurityLabel label, PolicySet policies)
    {
        yield return ("ess", EssLabel.Read(EssLabel.Encode(label)));
        yield return ("equivalentLabels", EquivalentLabels.Read(EquivalentLabels.Encode([label]))[0]);
        yield return ("x411", X411Label.Read(X411Label.Encode(label)));
        yield return ("sio-label :ess", SioLabel.Parse(SioLabel.Of(label).Format()).Decode(policies)!);
        yield return ("sio-label :x411", SioLabel.Parse(new SioLabel(null, SioLabel.X411, X411Label.Encode(label)).Format()).Decode(policies)!);
        yield return ("stanag4774", XmlLabel.Read(Stanag4774.Write(new Stanag4774Label { Label = label }, policies), policies).Label);
        yield return ("spif-native", XmlLabel.Read(NativeXmlLabel.Write(label), policies).Label);
        var xml = SioLabel.Parse(new SioLabel(null, SioLabel.Xml, Stanag4774.Write(new Stanag4774Label { Label = label }, policies)).Format());
        yield return ("sio-label :xml", XmlLabel.Read(xml.LabelOctets, policies).Label);
        foreach (var data in new[] { new BoundData { Uri = "" }, new BoundData { Uri = "cid:a@example.org" }, new BoundData { Embedded = "<d xmlns=\"urn:y\" />" } })
        {
            var binding = new Stanag4778Binding { Bindings = [new MetadataBinding(null, 0, [new BoundMetadata { Label = new Stanag4774Label { Label = label } }], [data])] };
            yield return ("stanag4778", XmlLabel.Read(Stanag4778.Write(binding, policies), policies).Label);
        }

        foreach (var place in new[] { MarkingPlace.FirstLine, MarkingPlace.LastLine, MarkingPlace.Subject, MarkingPlace.XHeader })
        {
            // A marking that shows less than the label is none that comes back.
            var grammar = MarkingGrammar.For(policies.All[0], place);
            if (grammar.Carries(label)) yield return ($"{place}", grammar.Parse(MarkingText.Generate(label, policies.All[0], place)));
        }
    }
}
