using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Switching.Labelling;
using static MilSwitch.Switching.Tests.LabelStage;

namespace MilSwitch.Switching.Tests;

/// <summary>What is kept of labels that come again and again.</summary>
public sealed class KnownLabelsTests
{
    [Fact]
    public void Reads_and_translates_a_label_once()
    {
        int read = 0, translated = 0;
        var known = Known(() => read++, () => translated++);
        var octets = EssLabel.Encode(Label(Alfa, "SECRET"));
        var label = known.Read(octets);
        Assert.Same(label, known.Read(octets.ToArray()));
        Assert.Same(known.InPolicy(label, Bravo).Label, known.InPolicy(label, Bravo).Label);
        Assert.NotEqual(known.InPolicy(label, Bravo), known.InPolicy(label, Coalition));
        Assert.Equal(octets, known.Encode(label).ToArray());
        Assert.Equal((1, 2), (read, translated));
        // An equal one that was not read here may have been written in another way: nothing is said about it.
        known.InPolicy(Label(Alfa, "SECRET"), Bravo);
        Assert.Equal(3, translated);
    }

    [Fact]
    public void Refuses_what_is_no_label_each_time()
    {
        var known = Known(() => { }, () => { });
        for (var i = 0; i < 2; i++) Assert.Throws<LabelRefusedException>(() => known.Read(new byte[] { 5, 0 }));
    }

    [Fact]
    public void Is_bounded_in_number_and_in_octets()
    {
        var read = 0;
        var known = Known(() => read++, () => { }, 8);
        var all = Enumerable.Range(0, 20).Select(i => EssLabel.Encode(Label(Alfa, "SECRET") with { PrivacyMark = $"mark {i}" })).ToArray();
        foreach (var octets in all) Assert.Equal(octets, known.Encode(known.Read(octets)).ToArray());
        Assert.Equal(20, read);
        // The first ones were forgotten, and are read again.
        known.Read(all[0]);
        Assert.Equal(21, read);
        var longer = EssLabel.Encode(Label(Alfa, "SECRET") with { PrivacyMark = new string('m', 1_024) });
        Assert.NotSame(known.Read(longer), known.Read(longer));
    }

    private static KnownLabels Known(Action reads, Action translates, int capacity = 100) => new(
        octets =>
        {
            reads();
            return EssLabel.Read(octets);
        },
        (label, policy) =>
        {
            translates();
            return Authority.InPolicy(label, policy);
        },
        capacity);
}
