namespace MilSwitch.Labels.Tests;

public sealed class TagCategoryTests
{
    [Fact]
    public void Orders_its_values() => Assert.Equal([1, 5, 9], new TagCategory("1.2", TagType.Restrictive, [9, 1, 5]).Values.AsEnumerable());

    [Theory]
    [InlineData(LabelFault.Duplicate, 3, 3)]
    [InlineData(LabelFault.OutOfRange, -1, 3)]
    [InlineData(LabelFault.OutOfRange, 3, LabelBounds.BitPosition + 1)]
    public void Refuses_values_that_no_bit_map_has(LabelFault fault, int one, int other) =>
        Assert.Equal(fault, Assert.Throws<LabelRefusedException>(() => new TagCategory("1.2", TagType.Permissive, [one, other])).Fault);

    [Fact]
    public void Is_equal_to_the_same_values_of_another_width() =>
        Assert.Equal(new TagCategory("1.2", TagType.Restrictive, [1]) { Width = 2 }, new TagCategory("1.2", TagType.Restrictive, [1]) { Width = 8 });

    [Fact]
    public void Makes_labels_equal_whatever_the_order_of_their_categories()
    {
        var one = new TagCategory("1.2", TagType.Restrictive, [1]);
        var other = new UnknownCategory("1.3", new byte[] { 5, 0 });

        Assert.Equal(new SecurityLabel { Policy = "1.1", Categories = [one, other] }, new SecurityLabel { Policy = "1.1", Categories = [other, one] });
        Assert.NotEqual(new SecurityLabel { Policy = "1.1", Categories = [one, one] }, new SecurityLabel { Policy = "1.1", Categories = [other, one] });
    }
}
