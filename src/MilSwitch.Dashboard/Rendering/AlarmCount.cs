using Microsoft.Extensions.DependencyInjection;
using MilSwitch.Domain.Alarms;

namespace MilSwitch.Dashboard.Rendering;

/// <summary>What the bar of every page tells of alarms.</summary>
internal static class AlarmCount
{
    /// <summary>Those that nobody has acknowledged, and that are not put aside.</summary>
    public static async Task<int> OfAsync(IServiceProvider services) =>
        (await services.GetRequiredService<IAlarmDesk>().ListAsync(AlarmScope.Open, CancellationToken.None).ConfigureAwait(false)).Count(a => a.Record.State is AlarmState.Unacknowledged or AlarmState.Returned);
}
