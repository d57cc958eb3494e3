using System.Reflection;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Host.Tests;

/// <summary>A store of which nothing is asked but how it is.</summary>
public class FakeSpool : DispatchProxy
{
    private volatile SpoolHealth health;

    public static ISpool Create(SpoolHealth health)
    {
        var spool = Create<ISpool, FakeSpool>();
        Turn(spool, health);
        return spool;
    }

    public static void Turn(ISpool spool, SpoolHealth health) => ((FakeSpool)(object)spool).health = health;

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod?.Name switch
    {
        "get_Health" => health,
        nameof(IAsyncDisposable.DisposeAsync) => ValueTask.CompletedTask,
        _ => throw new NotSupportedException(targetMethod?.Name),
    };
}
