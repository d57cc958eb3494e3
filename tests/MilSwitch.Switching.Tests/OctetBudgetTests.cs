using MilSwitch.Domain.Precedences;
using MilSwitch.Switching.Protection;

namespace MilSwitch.Switching.Tests;

public sealed class OctetBudgetTests
{
    private readonly OctetBudget budget = new();

    [Fact]
    public async Task Gives_what_there_is_and_lets_others_wait()
    {
        var first = await TakeAsync(60);
        var second = await TakeAsync(40);
        var third = TakeAsync(1);
        Assert.False(third.IsCompleted);
        second.Dispose();
        (await third).Dispose();
        first.Dispose();
        Assert.Equal(0, budget.Used);
    }

    [Fact]
    public async Task What_is_larger_than_all_has_it_alone()
    {
        var first = await TakeAsync(1);
        var large = TakeAsync(5_000);
        var behind = TakeAsync(1);
        Assert.False(large.IsCompleted);
        first.Dispose();
        var taken = await large;
        Assert.Equal(100, budget.Used);
        Assert.False(behind.IsCompleted);
        taken.Dispose();
        (await behind).Dispose();
    }

    [Fact]
    public async Task The_urgent_pass_those_who_wait()
    {
        var all = await TakeAsync(100);
        var routine = TakeAsync(100);
        var flash = TakeAsync(100, Precedence.Flash);
        all.Dispose();
        var first = await flash;
        Assert.False(routine.IsCompleted);
        first.Dispose();
        (await routine).Dispose();
    }

    [Fact]
    public async Task Who_gives_up_blocks_nobody()
    {
        var all = await TakeAsync(100);
        using var giveUp = new CancellationTokenSource();
        var given = budget.TakeAsync(100, 100, Precedence.Routine, giveUp.Token).AsTask();
        var behind = TakeAsync(50);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        all.Dispose();
        (await behind).Dispose();
        Assert.Equal(0, budget.Used);
    }

    private Task<IDisposable> TakeAsync(long octets, Precedence precedence = Precedence.Routine) => budget.TakeAsync(octets, 100, precedence, default).AsTask();
}
