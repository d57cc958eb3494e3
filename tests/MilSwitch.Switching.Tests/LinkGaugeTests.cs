using MilSwitch.Domain.Precedences;
using MilSwitch.Switching.Links;

namespace MilSwitch.Switching.Tests;

public sealed class LinkGaugeTests
{
    [Fact]
    public void Gives_places_up_to_its_window_and_takes_them_back()
    {
        var gauge = new LinkGauge();
        Assert.False(gauge.TryReserve(Precedence.Routine));
        gauge.Set(isOpen: true, window: 2);
        Assert.True(gauge.TryReserve(Precedence.Routine));
        Assert.True(gauge.TryReserve(Precedence.Routine));
        Assert.False(gauge.TryReserve(Precedence.Routine));
        gauge.Release();
        Assert.True(gauge.TryReserve(Precedence.Routine));
    }

    [Fact]
    public void Never_lets_a_message_pass_those_of_its_level_that_wait()
    {
        var gauge = new LinkGauge();
        gauge.Set(isOpen: true, window: 10);
        gauge.SetWaiting(Precedence.Routine, 1);
        Assert.False(gauge.TryReserve(Precedence.Routine));
        Assert.True(gauge.TryReserve(Precedence.Flash));
    }

    [Fact]
    public void Urgent_mail_passes_a_full_window()
    {
        var gauge = new LinkGauge();
        gauge.Set(isOpen: true, window: 1);
        Assert.True(gauge.TryReserve(Precedence.Routine));
        Assert.True(gauge.TryReserve(Precedence.Immediate));
    }
}
