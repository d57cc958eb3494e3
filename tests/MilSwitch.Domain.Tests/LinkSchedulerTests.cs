using FsCheck.Xunit;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Tests;

public sealed class LinkSchedulerTests
{
    [Fact]
    [Trait("Feature", "C-03")]
    public void Serves_the_urgent_levels_strictly_first_and_each_in_order()
    {
        var scheduler = new LinkScheduler<int>(PrecedenceTable.Default);
        for (var i = 0; i < 60; i++) scheduler.Add((Precedence)(i % 6), i, i);
        var taken = TakeAll(scheduler, Precedence.Deferred);

        Assert.Equal(
            Enumerable.Repeat(Precedence.Override, 10).Concat(Enumerable.Repeat(Precedence.Flash, 10)).Concat(Enumerable.Repeat(Precedence.Immediate, 10)),
            taken.Take(30).Select(t => t.Precedence));
        foreach (var level in taken.GroupBy(t => t.Precedence)) Assert.Equal(level.Select(t => t.Item).Order(), level.Select(t => t.Item));
    }

    [Fact]
    [Trait("Feature", "C-04")]
    public void Shares_what_is_left_by_8_3_1()
    {
        var scheduler = new LinkScheduler<int>(PrecedenceTable.Default);
        for (var i = 0; i < 3000; i++) scheduler.Add((Precedence)(i % 3), i, i);
        for (var round = 0; round < 50; round++)
        {
            var taken = new int[3];
            for (var i = 0; i < 12; i++)
            {
                Assert.True(scheduler.TryTake(Precedence.Deferred, out _, out var precedence));
                taken[(int)precedence]++;
            }

            Assert.Equal([1, 3, 8], taken);
        }
    }

    [Fact]
    [Trait("Feature", "C-04")]
    public void Starves_nobody_below_the_urgent_levels()
    {
        // Priority never runs dry, and still Deferred moves once in at most twelve.
        var scheduler = new LinkScheduler<int>(PrecedenceTable.Default);
        scheduler.Add(Precedence.Deferred, 0, -1);
        for (var i = 1; i <= 12; i++)
        {
            scheduler.Add(Precedence.Priority, i, i);
            scheduler.Add(Precedence.Routine, i, i);
            Assert.True(scheduler.TryTake(Precedence.Deferred, out _, out var precedence));
            if (precedence == Precedence.Deferred) return;
        }

        Assert.Fail("Deferred starves");
    }

    [Fact]
    public void A_level_alone_is_never_slowed()
    {
        var scheduler = new LinkScheduler<int>(PrecedenceTable.Default);
        for (var i = 0; i < 100; i++) scheduler.Add(Precedence.Deferred, i, i);
        Assert.Equal(Enumerable.Range(0, 100), TakeAll(scheduler, Precedence.Deferred).Select(t => t.Item));
    }

    [Fact]
    public void What_comes_back_keeps_its_place()
    {
        var scheduler = new LinkScheduler<string>(PrecedenceTable.Default);
        scheduler.Add(Precedence.Routine, 2, "second");
        scheduler.Add(Precedence.Routine, 3, "third");
        scheduler.Add(Precedence.Routine, 1, "first, again");

        Assert.True(scheduler.TryTake(Precedence.Deferred, out var item, out _));
        Assert.Equal("first, again", item);
    }

    [Fact]
    [Trait("Feature", "C-08")]
    public void Takes_nothing_below_the_lowest_level()
    {
        var scheduler = new LinkScheduler<int>(PrecedenceTable.Default);
        for (var level = 0; level < 6; level++) scheduler.Add((Precedence)level, level, level);

        Assert.Equal([5, 4], TakeAll(scheduler, Precedence.Flash).Select(t => t.Item));
        Assert.Equal([3, 2], TakeAll(scheduler, Precedence.Priority).Select(t => t.Item));
        Assert.Equal(2, scheduler.Count);
        Assert.False(scheduler.TryTake(Precedence.Override, out _, out _));
        Assert.True(scheduler.TryPeekHighest(out var highest));
        Assert.Equal(Precedence.Routine, highest);
    }

    [Fact]
    public void New_weights_leave_what_waits()
    {
        var scheduler = new LinkScheduler<int>(PrecedenceTable.Default);
        for (var i = 0; i < 40; i++) scheduler.Add(i % 2 is 0 ? Precedence.Priority : Precedence.Routine, i, i);
        var levels = PrecedenceTable.Default.Levels;
        scheduler.Apply(PrecedenceTable.Default with { Levels = [.. levels.Select(level => level with { Weight = level.Precedence == Precedence.Priority ? 1 : 0 })] });

        Assert.Equal(40, scheduler.Count);
        Assert.Equal(20, TakeAll(scheduler, Precedence.Deferred).Take(40).Count(t => t.Precedence == Precedence.Routine));
    }

    [Fact]
    public void An_empty_one_has_nothing()
    {
        var scheduler = new LinkScheduler<int>(PrecedenceTable.Default);
        Assert.False(scheduler.TryTake(Precedence.Deferred, out _, out _));
        Assert.False(scheduler.TryPeekHighest(out _));
        Assert.Empty(scheduler.Drain());
    }

    [Property]
    public bool Loses_and_doubles_nothing(byte[] steps)
    {
        var scheduler = new LinkScheduler<int>(PrecedenceTable.Default);
        var waiting = new SortedSet<(int Level, int Item)>();
        var right = true;
        for (var i = 0; i < steps.Length; i++)
        {
            if (steps[i] % 8 < 6)
            {
                scheduler.Add((Precedence)(steps[i] % 8), i, i);
                waiting.Add((steps[i] % 8, i));
            }
            else if (scheduler.TryTake(Precedence.Deferred, out var item, out var precedence))
            {
                var urgent = waiting.Max.Level >= 3;
                right &= waiting.Contains(((int)precedence, item)) && waiting.First(w => w.Level == (int)precedence).Item == item;
                right &= !urgent || (int)precedence == waiting.Max.Level;
                waiting.Remove(((int)precedence, item));
            }
            else right &= waiting.Count is 0;
        }

        right &= scheduler.Count == waiting.Count;
        for (var level = Precedence.Deferred; level <= Precedence.Override; level++) right &= scheduler.CountAt(level) == waiting.Count(w => w.Level == (int)level);
        return right && scheduler.Drain().Order().SequenceEqual(waiting.Select(w => w.Item).Order()) && scheduler.Count is 0;
    }

    private static List<(int Item, Precedence Precedence)> TakeAll(LinkScheduler<int> scheduler, Precedence lowest)
    {
        var taken = new List<(int Item, Precedence Precedence)>();
        while (scheduler.TryTake(lowest, out var item, out var precedence)) taken.Add((item, precedence));
        return taken;
    }
}
