using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Dashboard.Live;
using MilSwitch.Dashboard.Rendering;
using MilSwitch.Domain.Alarms;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Watching;

namespace MilSwitch.Dashboard.Tests;

/// <summary>The console around ports that do nothing.</summary>
internal sealed class Stage : IDisposable
{
    private readonly ServiceProvider services;

    public Stage()
    {
        var all = new ServiceCollection();
        all.AddLogging();
        all.AddSingleton<TimeProvider>(Time);
        all.AddSingleton(Source);
        all.AddSingleton(Stub<IOperatorActions>.Of());
        all.AddSingleton(Stub<IWatchFeed>.Of());
        all.AddSingleton(Stub<ILabelMarks>.Of());
        all.AddSingleton(Stub<IAlarmDesk>.Of((nameof(IAlarmDesk.ListAsync), _ => new ValueTask<IReadOnlyList<AlarmEntry>>(ImmutableArray<AlarmEntry>.Empty))));
        services = all.BuildServiceProvider();
        Renderer = new PageRenderer(services.GetRequiredService<IServiceScopeFactory>(), NullLoggerFactory.Instance);
        Hub = new LiveHub(Renderer, services, Time, NullLogger<LiveHub>.Instance);
    }

    public static OperatorIdentity Watch { get; } = new("watch", "test") { Roles = OperatorRoles.WatchKeeper };

    public static ConsolePage Page { get; } = new("/slow", "Slow", typeof(SlowView)) { Live = TimeSpan.FromSeconds(1) };

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero));

    public SlowSource Source { get; } = new();

    public PageRenderer Renderer { get; }

    public LiveHub Hub { get; }

    public ViewContext Context => new(Watch, ViewQuery.Parse(""), null, Time.GetUtcNow(), null);

    public void Dispose() => services.Dispose();
}
