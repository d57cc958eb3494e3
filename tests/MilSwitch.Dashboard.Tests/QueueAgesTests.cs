using MilSwitch.Dashboard.Rendering;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Dashboard.Tests;

public sealed class QueueAgesTests
{
    [Fact]
    public async Task Many_who_look_cost_one_walk_and_the_next_comes_much_later()
    {
        using var stage = new Stage();
        var walks = 0;
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        async Task<IReadOnlyList<QueueShapeRow>> WalkAsync()
        {
            Interlocked.Increment(ref walks);
            await gate.Task;
            return [new QueueShapeRow("navy.example", 1, [1])];
        }

        var ages = new QueueAges(Stub<IOperatorActions>.Of((nameof(IOperatorActions.ShapeAsync), _ => new ValueTask<IReadOnlyList<QueueShapeRow>>(WalkAsync()))), stage.Time);
        var looks = Enumerable.Range(0, 20).Select(_ => ages.LookAsync(QueueShapeBy.Domain)).ToArray();
        // The walk takes a second.
        stage.Time.Advance(TimeSpan.FromSeconds(1));
        gate.SetResult();
        foreach (var picture in await Task.WhenAll(looks)) Assert.Equal("navy.example", picture.Rows[0].Name);
        Assert.Equal(1, walks);
        stage.Time.Advance(TimeSpan.FromSeconds(9));
        await ages.LookAsync(QueueShapeBy.Domain);
        Assert.Equal(1, walks);
        stage.Time.Advance(TimeSpan.FromMinutes(1));
        await ages.LookAsync(QueueShapeBy.Domain);
        Assert.Equal(2, walks);
    }
}
