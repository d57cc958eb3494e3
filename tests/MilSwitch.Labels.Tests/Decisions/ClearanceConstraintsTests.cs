using System.Collections.Immutable;
using MilSwitch.Labels.Decisions;
using static MilSwitch.Labels.Tests.Decisions.SmallPolicy;

namespace MilSwitch.Labels.Tests.Decisions;

/// <summary>RFC 5913 §4 to §7, rule by rule.</summary>
[Trait("Feature", "H-13")]
public sealed class ClearanceConstraintsTests
{
    private static readonly Clearance Both = Exactly([1, 4], Sensitive(0, 1), For(0));

    [Fact]
    public void Leaves_a_clearance_alone_when_nobody_has_said_anything() => Assert.Equal(Both, ClearanceConstraints.All.Effective(Both));

    [Fact]
    public void Is_not_changed_by_an_authority_without_constraints()
    {
        Assert.True(ClearanceConstraints.All.Narrow(null)!.IsAll);
        Assert.Equal([Both], ClearanceConstraints.Of([Both])!.Narrow(null)!.Permitted.AsEnumerable());
    }

    [Fact]
    public void Takes_the_first_constraints_as_they_are() => Assert.Equal([Both], ClearanceConstraints.All.Narrow([Both])!.Permitted.AsEnumerable());

    [Fact]
    public void Rejects_a_policy_that_stands_twice()
    {
        Assert.Null(ClearanceConstraints.Of([Both, Both]));
        Assert.Null(ClearanceConstraints.All.Narrow([Both, Both with { Classifications = [1] }]));
    }

    [Fact]
    public void Drops_a_policy_that_the_next_authority_does_not_have()
    {
        var other = Both with { Policy = "1.2.3" };
        Assert.Equal([Both], ClearanceConstraints.Of([Both, other])!.Narrow([Both])!.Permitted.AsEnumerable());
        Assert.Null(ClearanceConstraints.Of([other])!.Effective(Both));
    }

    [Fact]
    public void Keeps_the_bits_that_both_have() => Assert.Equal(Exactly([4], Sensitive(1)), ClearanceConstraints.Of([Exactly([4, 5], Sensitive(1, 2))])!.Effective(Both));

    [Fact]
    public void Drops_a_policy_of_which_no_bit_is_left()
    {
        Assert.Empty(ClearanceConstraints.Of([Both])!.Narrow([Exactly([5], Sensitive(0))])!.Permitted);
        Assert.Null(ClearanceConstraints.Of([Exactly([5])])!.Effective(Both));
    }

    [Fact]
    public void Permits_nothing_once_nothing_is_permitted() => Assert.Null(ClearanceConstraints.Of([])!.Effective(Both));

    [Fact]
    public void Takes_absent_categories_for_none() => Assert.Equal(Exactly([1, 4]), ClearanceConstraints.Of([Exactly([1, 4])])!.Effective(Both));

    [Fact]
    public void Keeps_a_category_in_an_unknown_syntax_only_when_both_have_it_alike()
    {
        var one = new UnknownCategory("1.2.3", new byte[] { 5, 0 });
        var other = new UnknownCategory("1.2.3", new byte[] { 1, 1, 0 });
        Assert.Equal([one], ClearanceConstraints.Intersect([one, other], [one]).AsEnumerable());
        Assert.Empty(ClearanceConstraints.Intersect([one], [other]));
    }

    [Fact]
    public void Widens_nothing_for_a_configured_clearance_without_a_list() => Assert.Null(ClearanceConstraints.Of([Both])!.Effective(UpTo(Secret)));

    [Fact]
    public void Intersects_in_any_order_to_the_same()
    {
        var random = new Random(5913);
        for (var i = 0; i < 500; i++)
        {
            ImmutableArray<LabelCategory> a = Any(), b = Any(), c = Any();
            Same(a, ClearanceConstraints.Intersect(a, a));
            Same(ClearanceConstraints.Intersect(a, b), ClearanceConstraints.Intersect(b, a));
            Same(ClearanceConstraints.Intersect(ClearanceConstraints.Intersect(a, b), c), ClearanceConstraints.Intersect(a, ClearanceConstraints.Intersect(b, c)));
        }

        ImmutableArray<LabelCategory> Any() =>
            [Sensitive([.. Enumerable.Range(0, 3).Append(3).Where(v => v is 3 || random.Next(2) is 0)]), For([.. Enumerable.Range(0, 4).Append(4).Where(v => v is 4 || random.Next(2) is 0)]), new UnknownCategory("1.2", new byte[] { 1, 1, (byte)random.Next(2) })];

        static void Same(ImmutableArray<LabelCategory> one, ImmutableArray<LabelCategory> other) =>
            Assert.Equal(one.Select(category => category.ToString() + string.Join(',', (category as TagCategory)?.Values ?? [])).Order(), other.Select(category => category.ToString() + string.Join(',', (category as TagCategory)?.Values ?? [])).Order());
    }
}
