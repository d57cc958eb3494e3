using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Primitives;
using MilSwitch.Dashboard.Acts;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Dashboard.Tests;

public sealed class DeskActsTests
{
    [Fact]
    public async Task A_correction_takes_a_label_in_whatever_form_a_text_has()
    {
        var (answer, order) = await CorrectAsync("ALFA CONFIDENTIAL");
        Assert.True(answer?.Notice?.Good, answer?.Notice?.Text);
        Assert.Equal([1, 2, 3], Assert.IsType<HoldingOrder.Correct>(order).Change.Label!.Encoded.ToArray());
        var refused = await Assert.ThrowsAsync<FormatException>(() => CorrectAsync("xyzzy"));
        Assert.Equal("no label: xyzzy", refused.Message);
    }

    private static async Task<(ActAnswer? Answer, HoldingOrder? Order)> CorrectAsync(string label)
    {
        HoldingOrder? order = null;
        var all = new ServiceCollection();
        all.AddSingleton(Stub<ILabelDesk>.Of((nameof(ILabelDesk.Read), a => (string)a[0]! is "ALFA CONFIDENTIAL" ? new MessageLabel(new byte[] { 1, 2, 3 }) : throw new FormatException("no label: " + a[0]))));
        all.AddSingleton(Stub<IOperatorActions>.Of((nameof(IOperatorActions.DecideAsync), a =>
        {
            order = (HoldingOrder)a[1]!;
            return new ValueTask<HoldingResult>(new HoldingResult(HoldingOutcome.Done, "corrected"));
        })));
        await using var services = all.BuildServiceProvider();
        var form = new FormCollection(new Dictionary<string, StringValues> { ["id"] = MessageId.Create(1, 3, 3).ToString(), ["reason"] = "overclassified", ["label"] = label });
        return (await DeskActs.CorrectAsync(services, new ActInput(form, Stage.Watch, CancellationToken.None)), order);
    }
}
