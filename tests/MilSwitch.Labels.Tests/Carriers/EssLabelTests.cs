using System.Diagnostics;
using System.Formats.Asn1;
using System.Globalization;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Policies;
using MilSwitch.Testing;
using Xunit.Abstractions;

namespace MilSwitch.Labels.Tests.Carriers;

[Trait("Feature", "H-01")]
[Trait("Threat", "C11")]
public sealed class EssLabelTests(ITestOutputHelper output)
{
    private const string Missi = "2.16.840.1.101.2.1.8.1";

    private static readonly SecurityLabel Ten = new()
    {
        Policy = "1.3.26.1.3.1", Classification = 4, PrivacyMark = "EXERCISE",
        Categories = [.. Enumerable.Range(0, 10).Select(i => new TagCategory($"1.3.26.1.4.{i}", (TagType)(1 + (i % 4)), [i, i + 3, i + 40]))],
    };

    [Fact]
    public void Reads_and_writes_every_syntax_of_ACP_145()
    {
        var label = new SecurityLabel
        {
            Policy = "1.3.26.1.3.1", Classification = 4,
            Categories =
            [
                new TagCategory("1.3.26.1.4.1", TagType.Restrictive, [0, 9]), new TagCategory("1.3.26.1.4.1", TagType.EnumeratedPermissive, [840, 1_000_000]), new TagCategory("1.3.26.1.4.2", TagType.Permissive, [17]),
                new TagCategory("1.3.26.1.4.2", TagType.InformativeBits, [1]), new TagCategory("1.3.26.1.4.2", TagType.InformativeValues, [2]), new TagCategory("1.3.26.1.4.3", TagType.EnumeratedRestrictive, []),
            ],
        };

        var octets = EssLabel.Encode(label);

        Assert.Equal(label, EssLabel.Read(octets));
        Assert.Equal(octets, EssLabel.Encode(EssLabel.Read(octets)));
        // type [0] 2.16.840.1.101.2.1.8.3.0, value [1] SEQUENCE { 1.3.26.1.4.1, '1000000001'B }
        Assert.Contains("301C800A60864801650201080300A10E300C06052B1A010401" + "0303068040", Convert.ToHexString(octets), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("3106060129020103", 3)]
    [InlineData("3106020103060129", 3)]
    [InlineData("31800601290201000000", 0)]
    [InlineData("31810702020100060129", 256)]
    public void Reads_members_in_any_order_and_in_BER(string hex, int classification)
    {
        var label = EssLabel.Read(Convert.FromHexString(hex));
        Assert.Equal(("1.1", classification), (label.Policy, label.Classification));
    }

    [Fact]
    public void Reads_a_mark_in_segments() => Assert.Equal("AB", EssLabel.Read(Convert.FromHexString("310B 060129 3306 040141 040142".Replace(" ", "", StringComparison.Ordinal))).PrivacyMark);

    [Theory]
    [InlineData(LabelFault.Malformed, 0, "")]
    [InlineData(LabelFault.Malformed, 0, "3006020103060129")]
    [InlineData(LabelFault.Malformed, 8, "310602010306012900")]
    [InlineData(LabelFault.Malformed, 2, "3103020103")]
    [InlineData(LabelFault.OutOfRange, 2, "31060201FF060129")]
    [InlineData(LabelFault.OutOfRange, 2, "310702020101060129")]
    [InlineData(LabelFault.OutOfRange, 2, "310E020900FFFFFFFFFFFFFFFF060129")]
    [InlineData(LabelFault.Duplicate, 5, "3109020101020101060129")]
    [InlineData(LabelFault.Malformed, 7, "31050601293100")]
    [InlineData(LabelFault.Malformed, 5, "31050601291300")]
    [InlineData(LabelFault.Malformed, 5, "31070601290C02C328")]
    [InlineData(LabelFault.Malformed, 2, "31040402AAAA")]
    public void Refuses_what_is_no_label_and_says_where(LabelFault fault, long position, string hex)
    {
        var refusal = Assert.Throws<LabelRefusedException>(() => EssLabel.Read(Convert.FromHexString(hex)));
        Assert.Equal((fault, position), (refusal.Fault, refusal.Position));
    }

    [Fact]
    public void Refuses_more_than_64_categories() => AssertRefused(LabelFault.TooLarge, w =>
    {
        for (var i = 0; i < 65; i++) Category(w, "1.2.3." + i.ToString(CultureInfo.InvariantCulture), v => v.WriteNull());
    });

    [Fact]
    public void Refuses_the_same_tag_twice() => AssertRefused(LabelFault.Duplicate, w =>
    {
        Category(w, "2.16.840.1.101.2.1.8.3.0", v => Tag(v, t => t.WriteBitString([0x80])));
        Category(w, "2.16.840.1.101.2.1.8.3.0", v => Tag(v, t => t.WriteBitString([0x40])));
    });

    [Fact]
    public void Refuses_the_same_tag_twice_in_two_syntaxes() => AssertRefused(LabelFault.Duplicate, w =>
    {
        Category(w, "2.16.840.1.101.2.1.8.3.2", v => Tag(v, t => t.WriteBitString([0x80])));
        Category(w, Missi, v => MissiTag(v, 6, t => t.WriteBitString([0x80])));
    });

    [Fact]
    public void Refuses_a_gigantic_bit_map() => AssertRefused(LabelFault.TooLarge, w => Category(w, "2.16.840.1.101.2.1.8.3.2", v => Tag(v, t => t.WriteBitString(new byte[9_000]))));

    [Fact]
    public void Refuses_more_values_than_any_category_has() => AssertRefused(LabelFault.TooLarge, w => Category(w, "2.16.840.1.101.2.1.8.3.1", v => Tag(v, t =>
    {
        using (t.PushSetOf())
        {
            for (var i = 0; i < 5_000; i++) t.WriteInteger(i);
        }
    })));

    [Fact]
    public void Refuses_a_negative_value() => AssertRefused(LabelFault.OutOfRange, w => Category(w, "2.16.840.1.101.2.1.8.3.1", v => Tag(v, t =>
    {
        using (t.PushSetOf()) t.WriteInteger(-1);
    })));

    [Fact]
    public void Refuses_a_bit_map_where_numbers_belong() => AssertRefused(LabelFault.Malformed, w => Category(w, "2.16.840.1.101.2.1.8.3.1", v => Tag(v, t => t.WriteBitString([0x80]))));

    [Fact]
    public void Refuses_deep_nesting() => AssertRefused(LabelFault.TooDeep, w => Category(w, "1.2.3", v =>
    {
        for (var i = 0; i < 100; i++) v.PushSequence();
        for (var i = 0; i < 100; i++) v.PopSequence();
    }));

    [Fact]
    public void Refuses_octets_without_end() => Assert.Equal(LabelFault.TooLarge, Assert.Throws<LabelRefusedException>(() => EssLabel.Read(new byte[LabelBounds.EncodedOctets + 1])).Fault);

    [Fact]
    public void Keeps_a_number_beyond_the_model_octet_by_octet()
    {
        var octets = Label(w => Category(w, "2.16.840.1.101.2.1.8.3.4", v => Tag(v, t =>
        {
            using (t.PushSetOf()) t.WriteInteger(1L << 40);
        })));

        Assert.IsType<UnknownCategory>(Assert.Single(EssLabel.Read(octets).Categories));
        Assert.Equal(octets, EssLabel.Encode(EssLabel.Read(octets)));
    }

    [Fact]
    public void Keeps_a_printable_mark_in_UTF8_as_it_was()
    {
        var octets = Convert.FromHexString("310A02010306012" + "90C0258" + "59");
        Assert.Equal("XY", EssLabel.Read(octets).PrivacyMark);
        Assert.Equal(octets, EssLabel.Encode(EssLabel.Read(octets)));
    }

    [Fact]
    public void Reads_and_writes_the_tags_of_MISSI_in_one_category()
    {
        var octets = Label(w => Category(w, Missi, v =>
        {
            using (v.PushSetOf())
            using (v.PushSequence())
            {
                v.WriteObjectIdentifier("1.2.9");
                using (v.PushSequence())
                {
                    MissiMember(v, 6, t => t.WriteBitString([0x20], 4));
                    MissiMember(v, 2, t =>
                    {
                        t.WriteInteger(5);
                        using (t.PushSetOf()) t.WriteInteger(12);
                    });
                    MissiMember(v, 7, t => t.WriteBitString([0xC0]));
                    MissiMember(v, 1, t => t.WriteBitString([0x01]));
                }
            }
        }));

        var label = EssLabel.Read(octets);

        Assert.Equal(
            [
                new TagCategory("1.2.9", TagType.Permissive, [2]), new TagCategory("1.2.9", TagType.EnumeratedRestrictive, [12]), new TagCategory("1.2.9", TagType.InformativeBits, [0, 1]), new TagCategory("1.2.9", TagType.Restrictive, [7]),
            ],
            label.Categories.AsEnumerable());
        Assert.All(label.Categories, c => Assert.Equal(CategorySyntax.Missi, ((TagCategory)c).Syntax));
        Assert.Equal(5, ((TagCategory)label.Categories[1]).SecurityLevel);
        Assert.Equal(octets, EssLabel.Encode(label));
    }

    [Fact]
    public void Takes_the_numbers_of_MISSI_for_what_the_policy_says()
    {
        var label = EssLabel.Read(Label(w => Category(w, Missi, v => MissiTag(v, 2, t =>
        {
            using (t.PushSetOf()) t.WriteInteger(12);
        }))));

        Assert.Equal(TagType.EnumeratedPermissive, Type(TagType.EnumeratedPermissive));
        Assert.Equal(TagType.EnumeratedRestrictive, Type(TagType.EnumeratedRestrictive));
        Assert.Equal(TagType.EnumeratedRestrictive, Type(TagType.EnumeratedPermissive, TagType.EnumeratedRestrictive));

        TagType Type(params TagType[] types) => Assert.IsType<TagCategory>(Assert.Single(MissiCategories.Resolve(label, Policy(types)).Categories)).Type;
        static SecurityPolicy Policy(TagType[] types) => new()
        {
            Id = "1.1", Name = "Test", Classifications = [],
            TagSets = [new TagSetDefinition { Id = "1.2.9", Name = "Set", Tags = [.. types.Select(t => new TagDefinition { Name = t.ToString(), Type = t, Categories = [] })] }],
        };
    }

    [Fact]
    public void Keeps_local_rules_of_MISSI_octet_by_octet()
    {
        var octets = Label(w => Category(w, Missi, v =>
        {
            using (v.PushSequence()) v.WriteObjectIdentifier("1.2.9");
        }));
        Assert.IsType<UnknownCategory>(Assert.Single(EssLabel.Read(octets).Categories));
        Assert.Equal(octets, EssLabel.Encode(EssLabel.Read(octets)));
    }

    [Fact]
    public void Refuses_to_write_what_nobody_could_read()
    {
        var label = new SecurityLabel { Policy = "1.1" };
        Assert.Throws<LabelRefusedException>(() => EssLabel.Encode(label with { Policy = "no policy" }));
        Assert.Throws<LabelRefusedException>(() => EssLabel.Encode(label with { Categories = [new UnknownCategory("1.2", new byte[] { 4 })] }));
        Assert.Throws<LabelRefusedException>(() => EssLabel.Encode(label with { Categories = [new TagCategory("1.2", TagType.Permissive, [1]), new TagCategory("1.2", TagType.Permissive, [2])] }));
        Assert.Throws<LabelRefusedException>(() => EquivalentLabels.Encode([.. Enumerable.Repeat(label, 65)]));
    }

    [Fact]
    public void Gives_back_every_label_and_every_octet()
    {
        var seen = 0;
        foreach (var label in GeneratedLabels.All())
        {
            var octets = EssLabel.Encode(label);
            var read = EssLabel.Read(octets);
            Assert.Equal(label, read);
            Assert.Equal(octets, EssLabel.Encode(read));
            Assert.Equal([label, read], EquivalentLabels.Read(EquivalentLabels.Encode([label, read])));
            seen++;
        }

        Assert.Equal(GeneratedLabels.Count, seen);
    }

    [Fact]
    public void Answers_to_any_octets_with_a_label_or_a_refusal()
    {
        var random = new Random(2634);
        byte[][] sound = [.. GeneratedLabels.All().Select(EssLabel.Encode)];
        for (var round = 0; round < 40_000; round++)
        {
            var mutant = (byte[])sound[round % sound.Length].Clone();
            for (var n = random.Next(1, 4); n > 0; n--) mutant[random.Next(mutant.Length)] = (byte)random.Next(256);
            if (random.Next(8) is 0) mutant = mutant[..random.Next(mutant.Length)];
            try
            {
                var label = EssLabel.Read(mutant);
                // What is read is bounded, and can be written unless an unknown part is no DER.
                Assert.InRange(label.Categories.Length, 0, LabelBounds.Categories);
                Assert.Equal(label, EssLabel.Read(EssLabel.Encode(label)));
            }
            catch (LabelRefusedException refusal)
            {
                Assert.InRange(refusal.Position, -1, mutant.Length);
            }
        }
    }

    [RequiresFact("openssl")]
    public void Openssl_parses_what_is_written()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, EssLabel.Encode(Ten with { Categories = [Ten.Categories[0], Ten.Categories[2], new UnknownCategory("1.2.3", new byte[] { 5, 0 })] }));
            var start = new ProcessStartInfo(Requirement.Find("openssl")!, ["asn1parse", "-inform", "DER", "-in", file]) { RedirectStandardOutput = true };
            using var process = Process.Start(start)!;
            var text = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            output.WriteLine(text);
            Assert.Equal(0, process.ExitCode);
            string[] lines = [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l[(l.IndexOf("prim:", StringComparison.Ordinal) is var p and >= 0 ? p : l.IndexOf("cons:", StringComparison.Ordinal))..].Trim())];
            Assert.Equal("cons: SET", lines[0]);
            Assert.Equal("prim: INTEGER           :04", lines[1]);
            Assert.Equal("prim: OBJECT            :1.3.26.1.3.1", lines[2]);
            Assert.Equal("cons: SET", lines[3]);
            Assert.Contains("prim: OBJECT            :1.3.26.1.4.2", lines);
            Assert.Contains("prim: INTEGER           :2A", lines);
            Assert.Contains("prim: NULL", lines);
            Assert.Equal("prim: PRINTABLESTRING   :EXERCISE", lines[^1]);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Reads_a_label_of_ten_categories_with_little_memory()
    {
        ReadOnlyMemory<byte> octets = EssLabel.Encode(Ten);
        for (var i = 0; i < 20_000; i++) EssLabel.Read(octets);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < 100_000; i++) EssLabel.Read(octets);
        watch.Stop();
        var allocated = (GC.GetAllocatedBytesForCurrentThread() - before) / 100_000;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalMicroseconds / 100_000:0.00} µs and {allocated} octets for each label"));
        Assert.InRange(allocated, 0, 4_096);
    }

    private static void AssertRefused(LabelFault fault, Action<AsnWriter> categories)
    {
        var refusal = Assert.Throws<LabelRefusedException>(() => EssLabel.Read(Label(categories)));
        Assert.Equal(fault, refusal.Fault);
        Assert.True(refusal.Position > 0);
    }

    private static byte[] Label(Action<AsnWriter> categories)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(3);
            writer.WriteObjectIdentifier("1.1");
            using (writer.PushSetOf()) categories(writer);
        }

        var octets = writer.Encode();
        octets[0] = 0x31;
        return octets;
    }

    private static void Category(AsnWriter writer, string syntax, Action<AsnWriter> value)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(syntax, new Asn1Tag(TagClass.ContextSpecific, 0));
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 1))) value(writer);
        }
    }

    private static void Tag(AsnWriter writer, Action<AsnWriter> values)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier("1.2.9");
            values(writer);
        }
    }

    private static void MissiTag(AsnWriter writer, int kind, Action<AsnWriter> values)
    {
        using (writer.PushSetOf())
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier("1.2.9");
            using (writer.PushSequence()) MissiMember(writer, kind, values);
        }
    }

    private static void MissiMember(AsnWriter writer, int kind, Action<AsnWriter> values)
    {
        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, kind))) values(writer);
    }
}
