using System.Text;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;
using static MilSwitch.Labels.Tests.Decisions.SmallPolicy;

namespace MilSwitch.Labels.Tests.Decisions;

[Trait("Feature", "H-13")]
public sealed class ClearanceBindingTests
{
    [Fact]
    public void Binds_names_to_values() => Assert.Equal(
        UpTo(Secret, Sensitive(0, 1), For(2)),
        Bind("""{ "policy": "NATO", "up-to": "SECRET", "categories": { "Additional Sensitivity": ["ATOMAL", "CRYPTO"], "Releasable To": ["DEU"] } }"""));

    [Fact]
    public void Binds_a_list_as_it_is() => Assert.Equal(
        Exactly([1, 4]), Bind($$"""{ "policy": "{{Id}}", "classifications": ["SECRET", "UNCLASSIFIED"] }"""));

    [Fact]
    public void Binds_a_star_to_every_value_that_decides() => Assert.Equal(
        Exactly([1], Sensitive(0, 1, 2)), Bind("""{ "policy": "NATO", "classifications": ["UNCLASSIFIED"], "categories": { "Additional Sensitivity": ["*"], "Context": ["*"] } }"""));

    [Theory]
    [InlineData("""{ "policy": "OTHER", "up-to": "SECRET" }""", "policy 'OTHER' is not loaded, or two have this name")]
    [InlineData("""{ "policy": "NATO" }""", "either classifications or up-to must be there, and not both")]
    [InlineData("""{ "policy": "NATO", "up-to": "SECRET", "classifications": ["SECRET"] }""", "either classifications or up-to must be there, and not both; classification 'SECRET' stands twice")]
    [InlineData("""{ "policy": "NATO", "up-to": "secret" }""", "policy NATO has no classification 'secret'")]
    [InlineData("""{ "policy": "NATO", "up-to": "SECRET", "categories": { "Sensitivity": ["ATOMAL"] } }""", "policy NATO has no tag set 'Sensitivity'")]
    [InlineData("""{ "policy": "NATO", "up-to": "SECRET", "categories": { "Projects": ["LYNX", "LYNX"] } }""", "value 'LYNX' of tag set 'Projects' stands twice")]
    [InlineData("""{ "policy": "NATO", "up-to": "SECRET", "categories": { "Context": ["STAFF"], "Projects": ["BEAR"] } }""", "tag set 'Context' has no value 'STAFF' that decides on access; tag set 'Projects' has no value 'BEAR' that decides on access")]
    [InlineData("""{ "policy": "NATO", "up-to": "SECRET", "categories": { "Projects": ["LYNX"], "1.3.6.1.4.1.99999.5.1.4": ["OTTER"] } }""", "tag set 'Projects' stands twice")]
    [InlineData("""{ "policy": "NATO", "up-to": "SECRET", "classification": "SECRET" }""", "line 1: the clearance is not of the form { policy, classifications or up-to, categories }")]
    [InlineData("""{ "policy": "NATO", "policy": "NATO", "up-to": "SECRET" }""", "line 1: the clearance is not of the form { policy, classifications or up-to, categories }")]
    [InlineData("""{ "policy": "NATO", "classifications": [null] }""", "the clearance has a null in it")]
    [InlineData("""{ "policy": "NATO", "up-to": "SECRET", "categories": { "Projects": null } }""", "the clearance has a null in it")]
    [InlineData("null", "the clearance has a null in it")]
    public void Refuses_what_it_can_not_bind_and_says_why(string json, string problems) => Assert.Equal(problems, Assert.Throws<ClearanceRefusedException>(() => Bind(json)).Message);

    [Fact]
    public void Lists_what_a_clearance_includes() => Assert.Equal(Exactly([1, 2, 4], Sensitive(0)), UpTo(Secret, Sensitive(0)).Listed(Policy));

    private static Clearance Bind(string json) => ClearanceBinding.Bind(ClearanceText.FromJson(Encoding.UTF8.GetBytes(json)), new PolicySet([Policy]));
}
