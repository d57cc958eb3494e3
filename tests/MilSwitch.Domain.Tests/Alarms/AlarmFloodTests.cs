using MilSwitch.Domain.Alarms;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Domain.Tests.Alarms;

public sealed class AlarmFloodTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Rolls_what_is_too_much_of_one_kind_into_one_and_lets_others_through()
    {
        var (flood, known) = (new AlarmFlood(), new HashSet<string>());
        Alarm[] standing = [.. Enumerable.Range(0, 25).Select(Link), new Alarm("clock", "set", Now)];
        var shown = Sift(standing, 0);
        Assert.Equal(10, shown.Count(a => a.Id.StartsWith("link:", StringComparison.Ordinal)));
        Assert.Contains(shown, a => a.Id is "clock");
        var rolled = Assert.Single(shown, a => a.Id is "flood:link");
        Assert.Contains("15 more stand, 15 came", rolled.Text, StringComparison.Ordinal);
        Assert.True(flood.IsRolled("link:24"));
        Assert.False(flood.IsRolled("link:0"));

        // One that stands is not counted again, one that comes is.
        shown = Sift([.. standing, Link(30)], 5);
        Assert.Contains("16 more stand, 16 came", shown.Single(a => a.Id is "flood:link").Text, StringComparison.Ordinal);

        // Those that are left are few enough to be shown when a minute passed without new ones.
        standing = [.. Enumerable.Range(0, 14).Select(Link)];
        Assert.Contains(Sift(standing, 20), a => a.Id is "flood:link");
        shown = Sift(standing, 90);
        Assert.DoesNotContain(shown, a => a.Id is "flood:link");
        Assert.Equal(14, shown.Count);

        IReadOnlyList<Alarm> Sift(Alarm[] all, int second)
        {
            var found = flood.Sift(all, a => known.Contains(a.Id), 10, Now.AddSeconds(second));
            known.UnionWith(found.Select(a => a.Id));
            return found;
        }

        static Alarm Link(int n) => new($"link:{n}", "down", Now);
    }

    [Fact]
    public void Ends_when_what_it_rolled_is_gone()
    {
        var flood = new AlarmFlood();
        Alarm[] many = [.. Enumerable.Range(0, 3).Select(n => new Alarm($"link:{n}", "down", Now))];
        Assert.Contains(flood.Sift(many, _ => false, 1, Now), a => a.Id is "flood:link");
        Assert.Empty(flood.Sift([], _ => false, 1, Now.AddSeconds(1)));
    }
}
