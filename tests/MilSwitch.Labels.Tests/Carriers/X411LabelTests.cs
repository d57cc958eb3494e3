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
    public void Has_no_mark_in_UTF8()
    {
        Assert.Throws<LabelRefusedException>(() => X411Label.Read(Convert.FromHexString("31070601290C025859")));
        Assert.Throws<LabelRefusedException>(() => X411Label.Encode(new SecurityLabel { Policy = "1.1", PrivacyMark = "Übung" }));
    }
}
