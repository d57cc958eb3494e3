using System.Formats.Asn1;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;
using MilSwitch.Labels.Tests.Generated;
using static MilSwitch.Labels.Tests.Decisions.SmallPolicy;

namespace MilSwitch.Labels.Tests.Decisions;

[Trait("Feature", "H-13")]
public sealed class ClearanceCodecTests
{
    private const string Privileges = "2.16.840.1.101.2.1.8.2";

    [Fact]
    public void Reads_and_leaves_out_the_default_list()
    {
        // SEQUENCE { 1.2.3 }.
        byte[] octets = [0x30, 4, 6, 2, 0x2A, 3];
        Assert.Equal(new Clearance { Policy = "1.2.3", Classifications = [1] }, ClearanceCodec.Read(octets));
        Assert.Equal(octets, ClearanceCodec.Encode(new Clearance { Policy = "1.2.3", Classifications = [1] }));
    }

    [Fact]
    public void Reads_the_form_of_RFC_3281_and_writes_that_of_RFC_5755()
    {
        // SEQUENCE { [0] 1.2.3, [1] 00011 } and SEQUENCE { OBJECT IDENTIFIER 1.2.3, BIT STRING 00011 }.
        var clearance = ClearanceCodec.Read(new byte[] { 0x30, 8, 0x80, 2, 0x2A, 3, 0x81, 2, 3, 0x18 });
        Assert.Equal([3, 4], clearance.Classifications.AsEnumerable());
        Assert.Equal([0x30, 8, 6, 2, 0x2A, 3, 3, 2, 3, 0x18], ClearanceCodec.Encode(clearance));
    }

    [Fact]
    public void Reads_categories_of_the_form_of_RFC_3281()
    {
        var encoded = ClearanceCodec.Encode(Exactly([4], Sensitive(0, 2), Project(700)));
        var members = new AsnReader(encoded, AsnEncodingRules.DER).ReadSequence();
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (var tag in new byte[] { 0x80, 0x81, 0xA2 })
            {
                var member = members.ReadEncodedValue().ToArray();
                member[0] = tag;
                writer.WriteEncodedValue(member);
            }
        }

        Assert.Equal(Exactly([4], Sensitive(0, 2), Project(700)), ClearanceCodec.Read(writer.Encode()));
    }

    [Theory]
    [InlineData("30048002" + "2A03")]
    [InlineData("3008" + "80022A03" + "81020318")]
    public void Takes_the_old_form_with_and_without_a_list(string hex) => Assert.Equal("1.2.3", ClearanceCodec.Read(Convert.FromHexString(hex)).Policy);

    [Theory]
    [InlineData("")]
    [InlineData("3000")]
    [InlineData("30020500")]
    [InlineData("3008" + "80022A03" + "03020318")]
    [InlineData("3008" + "06022A03" + "81020318")]
    [InlineData("3006" + "06022A03" + "3100")]
    [InlineData("3004" + "06022A03" + "00")]
    [InlineData("3010" + "06022A03" + "03020318")]
    public void Refuses_what_is_no_clearance(string hex) =>
        Assert.True(Assert.Throws<LabelRefusedException>(() => ClearanceCodec.Read(Convert.FromHexString(hex))).Position >= 0);

    [Fact]
    public void Refuses_a_list_beyond_the_classifications()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier("1.2.3");
            var list = new byte[33];
            list[32] = 0x40;
            writer.WriteBitString(list, 6);
        }

        Assert.Equal(LabelFault.OutOfRange, Assert.Throws<LabelRefusedException>(() => ClearanceCodec.Read(writer.Encode())).Fault);
    }

    [Fact]
    public void Refuses_to_write_what_has_no_list() => Assert.Throws<LabelRefusedException>(() => ClearanceCodec.Encode(UpTo(Secret)));

    [Fact]
    public void Reads_back_what_it_writes()
    {
        for (var seed = 70; seed < 76; seed++)
        {
            var world = new LabelWorld(seed);
            for (var i = 0; i < 60; i++)
            {
                var clearance = world.Clearance().Listed(world.Policy);
                var octets = ClearanceCodec.Encode(clearance);
                Assert.Equal(clearance, ClearanceCodec.Read(octets));
                Assert.Equal(octets, ClearanceCodec.Encode(ClearanceCodec.Read(octets)));
            }
        }
    }

    [Fact]
    public void Reads_privileges_of_SDN_801c_with_the_policy()
    {
        var clearance = Exactly([4], Missi(Sensitive(0, 9)), Missi(For(1)), Missi(Project(700, 900)));
        var octets = ClearanceCodec.Encode(clearance);

        var read = ClearanceCodec.Read(octets, new PolicySet([Policy]));
        Assert.Equal(clearance, read);
        Assert.All(read.Categories, category => Assert.Equal(CategorySyntax.Missi, ((TagCategory)category).Syntax));
        Assert.Equal(octets, ClearanceCodec.Encode(read));
    }

    [Fact]
    public void Grants_nothing_of_privileges_whose_numbers_have_no_kind()
    {
        var octets = ClearanceCodec.Encode(Exactly([4], Missi(Sensitive(0)), Missi(Project(700))));
        var read = ClearanceCodec.Read(octets);
        Assert.Equal(Privileges, Assert.IsType<UnknownCategory>(Assert.Single(read.Categories)).Syntax);
        Assert.False(AccessControl.Permits(Label(Secret, Project(700)), read, Policy));
        Assert.Equal(octets, ClearanceCodec.Encode(read));

        // Both kinds of one set: which is meant is not said.
        var set = Policy.TagSets[3];
        var two = new SecurityPolicy { Id = Id, Name = "TWO", Classifications = Policy.Classifications, TagSets = [set with { Tags = [set.Tags[0], set.Tags[0] with { Type = TagType.EnumeratedPermissive }] }] };
        Assert.IsType<UnknownCategory>(Assert.Single(ClearanceCodec.Read(octets, new PolicySet([two])).Categories));
    }

    [Fact]
    public void Reads_constraints_and_refuses_too_many()
    {
        Clearance[] some = [Exactly([1]), Exactly([4], Sensitive(1)) with { Policy = "1.2.3" }];
        Assert.Equal(some, ClearanceCodec.ReadConstraints(ClearanceCodec.EncodeConstraints(some)));
        Assert.Throws<LabelRefusedException>(() => ClearanceCodec.ReadConstraints(new byte[] { 0x30, 0 }));

        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            for (var i = 0; i <= ClearanceCodec.MostClearances; i++) writer.WriteEncodedValue(ClearanceCodec.Encode(some[0]));
        }

        Assert.Equal(LabelFault.TooLarge, Assert.Throws<LabelRefusedException>(() => ClearanceCodec.ReadConstraints(writer.Encode())).Fault);
    }

    [Fact]
    [Trait("Threat", "C11")]
    public void Refuses_damaged_clearances_in_one_way_only()
    {
        var random = new Random(4711);
        byte[][] sound = [ClearanceCodec.Encode(Exactly([4, 5], Sensitive(0, 9), For(1), Project(700, 900))), ClearanceCodec.Encode(Exactly([4], Missi(Sensitive(0)), Missi(Project(700))))];
        var policies = new PolicySet([Policy]);
        var refused = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var octets = sound[i % 2].ToArray();
            for (var k = random.Next(1, 4); k > 0; k--) octets[random.Next(octets.Length)] = (byte)random.Next(256);
            if (random.Next(4) is 0) octets = octets[..random.Next(octets.Length)];
            try
            {
                _ = ClearanceCodec.Read(octets, policies);
            }
            catch (LabelRefusedException)
            {
                refused++;
            }
        }

        Assert.True(refused > 10_000);
    }

    private static TagCategory Missi(TagCategory tag) => tag with { Syntax = CategorySyntax.Missi };
}
