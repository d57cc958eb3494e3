using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using MilSwitch.Dashboard.Parts;
using MilSwitch.Dashboard.Rendering;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Watching;

namespace MilSwitch.Dashboard.Tests;

/// <summary>Versions of the settings and trials of others, as the page shows them.</summary>
public sealed class SettingsPartsTests
{
    private const string Hostile = "<script>window.hit=1</script>";

    private static readonly DateTimeOffset Now = new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly SettingsVersion First = new("n1-000001", "n1", 1, Now.AddHours(-1), null, null, new string('a', 64), [new SettingsFile("/etc/milswitch.yaml", "d", 1, true)]);
    private static readonly SettingsVersion Second = First with { Id = "n1-000002", Number = 2, At = Now, By = "anna", Reason = Hostile };

    private TrialQuestion? asked;

    [Fact]
    public async Task Two_versions_are_compared_line_by_line_and_as_text()
    {
        var (page, status) = await ShowAsync(typeof(Versions), "?from=n1-000001&until=n1-000002");
        Assert.Equal(200, status);
        Assert.Contains("<del>-next-hop: a\n</del><ins>+&lt;script&gt;window.hit=1&lt;/script&gt;\n</ins>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.Contains("anna", page, StringComparison.Ordinal);
        Assert.Contains("no line of it can be shown", page, StringComparison.Ordinal);
        Assert.Equal(404, (await ShowAsync(typeof(Versions), "?from=n1-000001&until=n1-000009")).Status);
        // Without a question nothing is compared.
        Assert.DoesNotContain("<pre", (await ShowAsync(typeof(Versions), "")).Page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trial_is_made_when_it_is_asked_for_and_told_as_text()
    {
        await ShowAsync(typeof(Trial), "");
        Assert.Null(asked);
        var (page, status) = await ShowAsync(typeof(Trial), "?try=1&days=2&messages=50&plan=war");
        Assert.Equal((200, new TrialQuestion(2, 50, "war")), (status, asked));
        Assert.Contains("1 copy would fare otherwise", page, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        var (wrong, refused) = await ShowAsync(typeof(Trial), "?try=1&days=many");
        Assert.Equal(400, refused);
        Assert.Contains("is no number", wrong, StringComparison.Ordinal);
    }

    private async Task<(string Page, int Status)> ShowAsync(Type part, string query)
    {
        var all = new ServiceCollection();
        all.AddLogging();
        all.AddSingleton(Stub<IOperatorActions>.Of());
        all.AddSingleton(Stub<IWatchFeed>.Of());
        all.AddSingleton(Stub<ILabelMarks>.Of());
        all.AddSingleton(Stub<ISettingsHistory>.Of(
            (nameof(ISettingsHistory.VersionsAsync), _ => new ValueTask<IReadOnlyList<SettingsVersion>>([Second, First])),
            (nameof(ISettingsHistory.CompareAsync), a => new ValueTask<SettingsDifference?>(a[1] is not "n1-000002" ? null : new SettingsDifference(
                First, Second, [new FileDifference("milswitch.yaml", FileChange.Changed, [new('-', "next-hop: a"), new('+', Hostile)], false), new FileDifference("policy.der", FileChange.Added, [], false)])))));
        all.AddSingleton(Stub<ISettingsTrial>.Of((nameof(ISettingsTrial.TryAsync), a =>
        {
            asked = (TrialQuestion)a[0]!;
            return new ValueTask<SettingsTrial>(new SettingsTrial([], Now, 1, false, 1, [new WayCount(Hostile, 1, 0)], 0, 0, 1, [new TrialDifference(MessageId.Create(1, 3, 3), Hostile, Hostile, "link b")]));
        })));
        await using var services = all.BuildServiceProvider();
        var context = new ViewContext(new OperatorIdentity("admin", "test") { Roles = OperatorRoles.Administrator }, ViewQuery.Parse(query), null, Now, "token");
        var renderer = new PageRenderer(services.GetRequiredService<IServiceScopeFactory>(), NullLoggerFactory.Instance);
        return (await renderer.ViewAsync(new ConsolePage("/x", "X", part), context), context.Status);
    }
}
