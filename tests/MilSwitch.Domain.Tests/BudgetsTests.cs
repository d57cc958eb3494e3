using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Tests;

[Trait("Threat", "F6")]
public sealed class BudgetsTests
{
    private static readonly Budgets Hundred = new() { MinimumFreeSpace = 100 };

    [Theory]
    [InlineData(Precedence.Routine, 100, true, true)]
    [InlineData(Precedence.Routine, 99, false, true)]
    [InlineData(Precedence.Routine, 49, false, false)]
    [InlineData(Precedence.Flash, 10, true, true)]
    [InlineData(Precedence.Flash, 9, false, true)]
    [InlineData(Precedence.Flash, 4, false, false)]
    public void Takes_what_is_under_way_a_little_longer_and_never_the_last_room(Precedence precedence, long free, bool begins, bool isAccepted) =>
        Assert.Equal((begins, isAccepted), (Hundred.HasRoom(free, precedence), Hundred.HasRoomToAccept(free, precedence)));
}
