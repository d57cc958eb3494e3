using System.Collections.Immutable;
using System.Globalization;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;
using MilSwitch.Labels.Tests.Decisions;
using MilSwitch.Labels.Tests.Generated;
using MilSwitch.Labels.Translation;
using static MilSwitch.Labels.Tests.Decisions.SmallPolicy;

namespace MilSwitch.Labels.Tests.Translation;

[Trait("Feature", "H-16")]
public sealed class LabelTranslatorTests
{
    private const string Other = "1.3.6.1.4.1.99999.5.2";

    [Fact]
    public void Translates_by_what_both_policies_say()
    {
        var result = Assert.IsType<TranslationResult.Translated>(LabelTranslator.Translate(Label(Secret, Sensitive(0, 1), For(2), Project(700)), Here(), There()));
        Assert.Equal(Elsewhere(Label(Secret, Sensitive(0, 1), For(2), Project(700))), result.Label);
        Assert.Equal(Label(Secret, Sensitive(0, 1), For(2), Project(700)), result.Original);
        Assert.Empty(result.Discarded);
    }

    [Fact]
    public void Translates_by_what_the_target_alone_says()
    {
        // The target has the equivalences, for both directions; this policy is silent.
        var target = There(equivalence: EquivalenceUse.Both);
        Assert.IsType<TranslationResult.Translated>(LabelTranslator.Translate(Label(Secret, Sensitive(0)), Policy, target));
        Assert.Equal(UnmappableCause.Classification, Cause(LabelTranslator.Translate(Label(Secret), Policy, There(equivalence: EquivalenceUse.Encrypt))));
    }

    [Fact]
    public void Leaves_a_label_of_the_same_policy_alone() => Assert.Equal(Label(Secret), Assert.IsType<TranslationResult.Translated>(LabelTranslator.Translate(Label(Secret), Policy, Policy)).Label);

    [Fact]
    public void Knows_no_way_between_policies_that_do_not_speak_of_each_other() => Assert.Equal(UnmappableCause.NoEquivalence, Cause(LabelTranslator.Translate(Label(Secret), Policy, Make(id: Other))));

    [Fact]
    public void Does_not_translate_what_is_not_valid() => Assert.Equal(UnmappableCause.InvalidOriginal, Cause(LabelTranslator.Translate(Label(3), Here(), There())));

    [Fact]
    public void Names_a_category_without_an_equivalent()
    {
        var from = Here(c => c.Name is "CRYPTO" ? c with { Equivalents = [] } : c);
        var result = Assert.IsType<TranslationResult.Unmappable>(LabelTranslator.Translate(Label(Secret, Sensitive(0, 1)), from, Make(id: Other)));
        Assert.Equal("CRYPTO of restrictive tag 'Additional Sensitivity' has no equivalent in policy NATO", Assert.Single(result.Reasons).Text);
    }

    [Fact]
    public void Discards_what_the_policy_lets_go_and_tells_it()
    {
        var from = Here(c => c.Name is "STAFF" ? c with { Equivalents = [new EquivalentCategory(Other, null, EquivalenceUse.Both)] } : c);
        var result = Assert.IsType<TranslationResult.Translated>(LabelTranslator.Translate(Label(Secret, Informs(0)), from, Make(id: Other)));
        Assert.Empty(result.Label.Categories);
        Assert.Equal([new CategoryReference(Context, TagType.InformativeBits, 0)], result.Discarded.AsEnumerable());
    }

    [Fact]
    public void Finds_policies_that_contradict_each_other()
    {
        var from = Here(c => c.Name is "ATOMAL" ? c with { Equivalents = [Equivalent(Other + ".1", TagType.Restrictive, 2)] } : c);
        Assert.Equal(UnmappableCause.Contradiction, Cause(LabelTranslator.Translate(Label(Secret, Sensitive(0)), from, There())));
        var twice = Here(c => c.Name is "ATOMAL" ? c with { Equivalents = [.. c.Equivalents, new EquivalentCategory(Other, null, EquivalenceUse.Encrypt)] } : c);
        Assert.Equal(UnmappableCause.Contradiction, Cause(LabelTranslator.Translate(Label(Secret, Sensitive(0)), twice, Make(id: Other))));
        Assert.Equal(UnmappableCause.Contradiction, Cause(LabelTranslator.Translate(Label(Secret), Here(classification: c => c with { Equivalents = [.. c.Equivalents, new EquivalentClassification(Other, 5, EquivalenceUse.Encrypt, [])] }), Make(id: Other))));
    }

    [Fact]
    public void Adds_what_the_equivalence_requires_where_nothing_else_can_be_meant()
    {
        var result = Assert.IsType<TranslationResult.Translated>(LabelTranslator.Translate(Label(Secret), Requiring(RequiredOperation.All, new CategoryReference(Other + ".1", TagType.Restrictive, 0), new CategoryReference(Other + ".1", TagType.Restrictive, 1)), Make(id: Other)));
        Assert.Equal(Elsewhere(Label(Secret, Sensitive(0, 1))), result.Label);
        Assert.Equal(Elsewhere(Label(Secret, Sensitive(2))), Assert.IsType<TranslationResult.Translated>(LabelTranslator.Translate(Label(Secret), Requiring(RequiredOperation.OnlyOne, new CategoryReference(Other + ".1", TagType.Restrictive, 2)), Make(id: Other))).Label);
    }

    [Theory]
    [InlineData(RequiredOperation.OnlyOne)]
    [InlineData(RequiredOperation.OneOrMore)]
    public void Does_not_choose_for_the_originator(RequiredOperation operation)
    {
        var from = Requiring(operation, new CategoryReference(Other + ".1", TagType.Restrictive, 0), new CategoryReference(Other + ".1", TagType.Restrictive, 1));
        Assert.Equal(UnmappableCause.Choice, Cause(LabelTranslator.Translate(Label(Secret), from, Make(id: Other))));
        Assert.IsType<TranslationResult.Translated>(LabelTranslator.Translate(Label(Secret, Sensitive(1)), from, Make(id: Other)));
    }

    [Fact]
    public void Does_not_add_a_choice_to_a_permissive_tag() => Assert.Equal(
        UnmappableCause.WouldWiden, Cause(LabelTranslator.Translate(Label(Secret, For(1)), Requiring(RequiredOperation.All, new CategoryReference(Other + ".2", TagType.Permissive, 0)), Make(id: Other))));

    [Fact]
    public void Does_not_turn_needs_into_a_choice()
    {
        var from = Here(c => c.Name is "ATOMAL" or "CRYPTO" ? c with { Equivalents = [Equivalent(Other + ".2", TagType.Permissive, c.Value)] } : c);
        Assert.Equal(UnmappableCause.WouldWiden, Cause(LabelTranslator.Translate(Label(Secret, Sensitive(0, 1)), from, Make(id: Other))));
        Assert.Equal(UnmappableCause.WouldWiden, Cause(LabelTranslator.Translate(Label(Secret, Sensitive(0), For(2)), from, Make(id: Other))));
        Assert.IsType<TranslationResult.Translated>(LabelTranslator.Translate(Label(Secret, Sensitive(0)), from, Make(id: Other)));
    }

    [Fact]
    public void Wants_the_categories_under_which_the_target_takes_a_classification()
    {
        var condition = new RequiredCategories(RequiredOperation.All, [new CategoryReference(Sensitivity, TagType.Restrictive, 0)]);
        var to = There(classification: c => c with { Equivalents = [new EquivalentClassification(Id, c.Value, EquivalenceUse.Decrypt, [condition])] });
        Assert.Equal(UnmappableCause.Condition, Cause(LabelTranslator.Translate(Label(Secret), Here(), to)));
        Assert.IsType<TranslationResult.Translated>(LabelTranslator.Translate(Label(Secret, Sensitive(0)), Here(), to));
    }

    [Fact]
    public void Refuses_a_permissive_tag_without_a_value() => Assert.Equal(UnmappableCause.Category, Cause(LabelTranslator.Translate(Label(Secret, For()), Here(), There())));

    [Fact]
    public void Keeps_a_privacy_mark_that_the_target_may_have()
    {
        var label = Label(Secret) with { PrivacyMark = "PERSONAL" };
        Assert.Equal("PERSONAL", Assert.IsType<TranslationResult.Translated>(LabelTranslator.Translate(label, Here(), Make(id: Other))).Label.PrivacyMark);
        Assert.Equal(UnmappableCause.PrivacyMark, Cause(LabelTranslator.Translate(label, Here(), Make(id: Other, marks: [new PrivacyMarkDefinition("STAFF", false, [])]))));
    }

    [Fact]
    public void Makes_nothing_that_is_invalid_or_obsolete_in_the_target()
    {
        Assert.Equal(UnmappableCause.InvalidResult, Cause(LabelTranslator.Translate(Label(Secret), Here(), Make(c => c with { IsObsolete = true }, id: Other))));
        Assert.Equal(UnmappableCause.InvalidResult, Cause(LabelTranslator.Translate(Label(Secret, Sensitive(0)), Here(c => c with { Equivalents = [Equivalent(Other + ".1", TagType.Restrictive, 77)] }), Make(id: Other))));
        Assert.Equal(UnmappableCause.InvalidResult, Cause(LabelTranslator.Translate(Label(Secret, Sensitive(0)), Here(c => c with { Equivalents = [Equivalent(Other + ".1", TagType.Restrictive, 1 << 20)] }), Make(id: Other))));
    }

    /// <summary>
    /// Proven for pairs of policies whose equivalences are one to one and in both directions: classifications in the same order,
    /// restrictive values to restrictive values, permissive ones of a tag to permissive ones of one tag, whatever their encoding.
    /// Discards and what a policy adds are left out: they lower or raise protection because somebody wrote so.
    /// </summary>
    [Fact]
    public void Never_lowers_protection_on_the_way_there_and_back()
    {
        int translated = 0, all = 0;
        for (var seed = 80; seed < 90; seed++)
        {
            var world = new LabelWorld(seed, categories: 90, tagSets: 9);
            var (from, to) = Pair(world.Policy, world.Random);
            LabelTranslator there = new(from, to), back = new(to, from);
            for (var i = 0; i < 100; i++)
            {
                var label = world.Label(6);
                all++;
                if (there.Translate(label) is not TranslationResult.Translated { Label: var abroad }) continue;
                Assert.True(LabelValidity.IsValid(abroad, to, LabelUse.Originated));
                Assert.Equal(label.Categories.OfType<TagCategory>().Where(t => !t.Type.IsInformative()).Sum(t => t.Values.Length), abroad.Categories.OfType<TagCategory>().Where(t => !t.Type.IsInformative()).Sum(t => t.Values.Length));
                if (back.Translate(abroad) is not TranslationResult.Translated { Label: var again }) continue;
                translated++;
                Assert.True(LabelValidity.IsValid(again, from));
                Assert.True(Dominance.Dominates(again, label, from));
            }
        }

        Assert.True(translated > 200, $"{translated} of {all}");
    }

    /// <summary>
    /// For policies that say anything of each other. What the label's own policy discards is let go because somebody wrote so; nothing else is.
    /// </summary>
    [Fact]
    public void Never_lowers_protection_whatever_policies_say_of_each_other()
    {
        int there = 0, back = 0, held = 0;
        for (var seed = 0; seed < 400; seed++)
        {
            var pair = new PolicyPair(seed);
            LabelTranslator outward = new(pair.One, pair.Other), homeward = new(pair.Other, pair.One);
            for (var i = 0; i < 50; i++)
            {
                var label = pair.Label();
                var result = outward.Translate(label);
                if (result is TranslationResult.Unmappable { Reasons: [{ Cause: UnmappableCause.WouldLower }] }) held++;
                if (result is not TranslationResult.Translated { Label: var abroad, Discarded: var discarded }) continue;
                there++;
                Assert.True(LabelValidity.IsValid(abroad, pair.Other, LabelUse.Originated));
                if (homeward.Translate(abroad) is not TranslationResult.Translated { Label: var again }) continue;
                back++;
                Assert.True(Dominance.Dominates(again, Without(label, discarded), pair.One), $"seed {seed}, label {i}");
            }
        }

        Assert.True(there > 1_000 && back > 300 && held > 100, $"{there} there, {back} back, {held} held");
    }

    [Fact]
    public void Refuses_what_would_come_back_as_less()
    {
        // Two words go to one abroad, and only the first comes back from it.
        var from = Here(c => c.Name is "CRYPTO" ? c with { Equivalents = [new EquivalentCategory(Other, new CategoryReference(Other + ".1", TagType.Restrictive, 0), EquivalenceUse.Encrypt)] } : c);

        Assert.IsType<TranslationResult.Translated>(LabelTranslator.Translate(Label(Secret, Sensitive(0)), from, ThereOnce()));
        Assert.Equal(UnmappableCause.WouldLower, Cause(LabelTranslator.Translate(Label(Secret, Sensitive(1)), from, ThereOnce())));

        static SecurityPolicy ThereOnce() => Speaking(Other, Id, EquivalenceUse.Encrypt, c => c.Name is "CRYPTO" ? c with { Equivalents = [] } : c, null);
    }

    [Fact]
    public void Adds_what_a_tag_set_brings_with_it()
    {
        var rule = new RequiredCategories(RequiredOperation.All, [new CategoryReference(Other + ".1", TagType.Restrictive, 2)]);
        var from = With(Here(), new EquivalentTagSet(Other, Other + ".2", [rule]));

        Assert.Equal(Elsewhere(Label(Secret, Sensitive(2), For(1))), Assert.IsType<TranslationResult.Translated>(LabelTranslator.Translate(Label(Secret, For(1)), from, Make(id: Other))).Label);
        Assert.Equal(Elsewhere(Label(Secret)), Assert.IsType<TranslationResult.Translated>(LabelTranslator.Translate(Label(Secret), from, Make(id: Other))).Label);
        Assert.Equal(UnmappableCause.Contradiction, Cause(LabelTranslator.Translate(Label(Secret, For(1)), With(Here(), new EquivalentTagSet(Other, "1.2.3", [])), Make(id: Other))));

        static SecurityPolicy With(SecurityPolicy policy, EquivalentTagSet equivalent) => new()
        {
            Id = policy.Id, Name = policy.Name, Classifications = policy.Classifications, EquivalentPolicies = policy.EquivalentPolicies,
            TagSets = [.. policy.TagSets.Select(s => s.Tags[0].Type is TagType.Permissive ? s with { Equivalents = [equivalent] } : s)],
        };
    }

    private static SecurityLabel Without(SecurityLabel label, ImmutableArray<CategoryReference> discarded) => label with
    {
        Categories = [.. label.Categories.OfType<TagCategory>()
            .Select(c => new TagCategory(c.TagSet, c.Type, c.Values.RemoveAll(v => discarded.Contains(new CategoryReference(c.TagSet, c.Type, v))))).Where(c => !c.Values.IsEmpty)],
    };

    // A policy and another in which everything has another number, a restrictive or permissive tag perhaps another encoding, and
    // one category in fifteen has no equivalent.
    private static (SecurityPolicy From, SecurityPolicy To) Pair(SecurityPolicy policy, Random random)
    {
        var id = policy.Id + ".77";
        var kinds = policy.TagSets.ToDictionary(set => set.Id, set => random.Next(2) is 0 ? set.Tags[0].Type : set.Tags[0].Type switch
        {
            TagType.Restrictive => TagType.EnumeratedRestrictive,
            TagType.EnumeratedRestrictive => TagType.Restrictive,
            TagType.Permissive => TagType.EnumeratedPermissive,
            TagType.EnumeratedPermissive => TagType.Permissive,
            var other => other,
        });
        ImmutableArray<TagSetDefinition> own = [.. policy.TagSets.Select((set, s) => set with
        {
            Tags = [set.Tags[0] with { Categories = [.. set.Tags[0].Categories.Select(c => random.Next(15) is 0 ? c : c with { Equivalents = [new EquivalentCategory(id, new CategoryReference(Foreign(s), kinds[set.Id], c.Value + 7), EquivalenceUse.Both)] })] }],
        })];
        var from = new SecurityPolicy
        {
            Id = policy.Id, Name = policy.Name, PrivacyMarks = policy.PrivacyMarks, TagSets = own,
            Classifications = [.. policy.Classifications.Select(c => c with { Equivalents = [new EquivalentClassification(id, c.Value + 10, EquivalenceUse.Both, [])] })],
        };
        var to = new SecurityPolicy
        {
            Id = id, Name = "OTHER",
            Classifications = [.. policy.Classifications.Select(c => new ClassificationDefinition { Name = "O-" + c.Name, Value = c.Value + 10, Hierarchy = c.Hierarchy })],
            TagSets = [.. policy.TagSets.Select((set, s) => new TagSetDefinition
            {
                Name = "O-" + set.Name, Id = Foreign(s),
                Tags = [new TagDefinition { Name = set.Name, Type = kinds[set.Id], Categories = [.. set.Tags[0].Categories.Select(c => new CategoryDefinition { Name = "O-" + c.Name, Value = c.Value + 7, Ordinal = c.Ordinal })] }],
            })],
        };
        // The way back, as the other policy tells it.
        to = new SecurityPolicy
        {
            Id = to.Id, Name = to.Name,
            Classifications = [.. to.Classifications.Select(c => c with { Equivalents = [new EquivalentClassification(policy.Id, c.Value - 10, EquivalenceUse.Both, [])] })],
            TagSets = [.. to.TagSets.Select((set, s) => set with { Tags = [set.Tags[0] with { Categories = [.. set.Tags[0].Categories.Select(c => c with { Equivalents = own[s].Tags[0].Find(c.Value - 7)!.Equivalents.IsEmpty ? [] : [new EquivalentCategory(policy.Id, new CategoryReference(own[s].Id, own[s].Tags[0].Type, c.Value - 7), EquivalenceUse.Both)] })] }] })],
        };
        return (from, to);

        string Foreign(int set) => string.Create(CultureInfo.InvariantCulture, $"{id}.{set + 1}");
    }

    private static SecurityPolicy Here(Func<CategoryDefinition, CategoryDefinition>? category = null, Func<ClassificationDefinition, ClassificationDefinition>? classification = null) => Speaking(Id, Other, EquivalenceUse.Both, category, classification);

    private static SecurityPolicy There(EquivalenceUse equivalence = EquivalenceUse.Both, Func<ClassificationDefinition, ClassificationDefinition>? classification = null) => Speaking(Other, Id, equivalence, null, classification);

    private static SecurityPolicy Requiring(RequiredOperation operation, params CategoryReference[] group) =>
        Here(classification: c => c with { Equivalents = [new EquivalentClassification(Other, c.Value, EquivalenceUse.Both, [new RequiredCategories(operation, [.. group])])] });

    // Same values on both sides.
    private static SecurityPolicy Speaking(string id, string of, EquivalenceUse use, Func<CategoryDefinition, CategoryDefinition>? category, Func<ClassificationDefinition, ClassificationDefinition>? classification)
    {
        return Make(
            c => classification?.Invoke(WithClass(c)) ?? WithClass(c), null, id, tag: t => t with { Categories = [.. t.Categories.Select(c => Shape(c with { Equivalents = [new EquivalentCategory(of, new CategoryReference(of + Suffix(t), t.Type, c.Value), use)] }))] },
            equivalents: [new EquivalentPolicy(of, "OTHER", [])]);

        ClassificationDefinition WithClass(ClassificationDefinition c) => c with { Equivalents = [new EquivalentClassification(of, c.Value, use, [])] };
        CategoryDefinition Shape(CategoryDefinition c) => category?.Invoke(c) ?? c;
        static string Suffix(TagDefinition t) => t.Type switch { TagType.Restrictive => ".1", TagType.Permissive => ".2", TagType.InformativeBits => ".3", _ => ".4" };
    }

    private static EquivalentCategory Equivalent(string set, TagType type, int value) => new(Other, new CategoryReference(set, type, value), EquivalenceUse.Both);

    private static SecurityLabel Elsewhere(SecurityLabel label) => label with
    {
        Policy = Other, Categories = [.. label.Categories.OfType<TagCategory>().Select(t => new TagCategory(Other + t.TagSet[Id.Length..], t.Type, t.Values))],
    };

    private static UnmappableCause Cause(TranslationResult result) => Assert.Single(Assert.IsType<TranslationResult.Unmappable>(result).Reasons).Cause;
}
