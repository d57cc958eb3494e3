using MilSwitch.Labels.Carriers;

namespace MilSwitch.Labels.Tests.Carriers;

[Trait("Feature", "H-04")]
public sealed class X411LabelTests
{
    [Fact]
    public void Gives_back_every_label_and_every_octet() => Assert.All(GeneratedLabels.All(forX411: true), label =>
    {
        var octets = X411Label.Encode(label);
        Assert.Equal(label, X411Label.Read(octets));
        Assert.Equal(octets, X411Label.Encode(X411Label.Read(octets)));
        Assert.Equal(octets, EssLabel.Encode(label));
    });

    [Fact]
    public void Takes_the_local_policy_for_a_label_that_names_none_and_never_guesses_one()
    {
        var octets = Convert.FromHexString("3103020103");
        Assert.Equal("1.2.3", X411Label.Read(octets, "1.2.3").Policy);
        Assert.Equal(LabelFault.UnknownPolicy, Assert.Throws<LabelRefusedException>(() => X411Label.Read(octets)).Fault);
    }

    [Fact]
    public void Answers_to_any_octets_with_a_label_or_a_refusal()
    {
        var random = new Random(411);
        byte[][] sound = [.. GeneratedLabels.All(forX411: true).Select(X411Label.Encode)];
        for (var round = 0; round < 20_000; round++)
        {
            var octets = sound[round % sound.Length].ToArray();
            for (var n = random.Next(1, 4); n > 0; n--) octets[random.Next(octets.Length)] = (byte)random.Next(256);
            if (random.Next(8) is 0) octets = octets[..random.Next(octets.Length)];
            try
            {
                Assert.NotNull(X411Label.Read(octets, "1.2.3"));
            }
            catch (LabelRefusedException refusal)
            {
                Assert.InRange(refusal.Position, 0, octets.Length);
            }
        }
    }

    [Fact]
    public void Has_no_mark_in_UTF8()
    {
        Assert.Throws<LabelRefusedException>(() => X411Label.Read(Convert.FromHexString("31070601290C025859")));
        Assert.Throws<LabelRefusedException>(() => X411Label.Encode(new SecurityLabel { Policy = "1.1", PrivacyMark = "Übung" }));
    }
}
