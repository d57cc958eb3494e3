using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Domain.Tests;

[Trait("Feature", "C-06")]
public sealed class ConnectionBudgetTests
{
    [Fact]
    public void A_single_connection_serves_everybody()
    {
        var budget = ConnectionBudget.For(1);
        Assert.Equal(Precedence.Deferred, budget.LowestAllowed(0));
        Assert.Null(budget.LowestAllowed(1));
    }

    [Fact]
    public void Keeps_the_last_connections_for_the_urgent_levels()
    {
        var budget = ConnectionBudget.For(20);
        Assert.Equal(Precedence.Deferred, budget.LowestAllowed(17));
        Assert.Equal(Precedence.Immediate, budget.LowestAllowed(18));
        Assert.Equal(Precedence.Flash, budget.LowestAllowed(19));
        Assert.Null(budget.LowestAllowed(20));
        Assert.Null(budget.LowestAllowed(25));
    }

    [Fact]
    public void Always_leaves_one_for_ordinary_mail_and_one_for_a_Flash()
    {
        for (var limit = 2; limit <= 200; limit++)
        {
            var budget = ConnectionBudget.For(limit);
            Assert.Equal(Precedence.Deferred, budget.LowestAllowed(0));
            Assert.Equal(Precedence.Flash, budget.LowestAllowed(limit - 1));
            Assert.True(budget.ReservedForFlash <= budget.ReservedForUrgent && budget.ReservedForUrgent < limit);
            for (var busy = 1; busy < limit; busy++) Assert.True(budget.LowestAllowed(busy) >= budget.LowestAllowed(busy - 1));
        }
    }
}
