using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using MilSwitch.Dashboard.Parts;
using MilSwitch.Domain.Watching;

namespace MilSwitch.Dashboard.Tests;

/// <summary>What the Message page shows of the protection of a message.</summary>
public sealed class InspectedTests
{
    [Fact]
    public async Task Signatures_stand_in_the_order_in_which_they_were_made_with_role_and_verdict()
    {
        var message = new InspectedMessage(
            "valid", [],
            [
                new InspectedLayer("1", "signed", "valid", [], [new InspectedSigner("CN=domain", "valid", [], "domain", "rsa", null, 0, 3, [1])], [], null, null),
                new InspectedLayer("1.1", "signed", "valid", [], [new InspectedSigner("CN=<anna>", "valid", [], "drafter", "rsa", null, 0, 1, []), new InspectedSigner(null, "invalid", ["CHAIN-INCOMPLETE"], "releaser", "rsa", null, 1, 2, [1])], [], null, null),
            ],
            []);
        await using var services = new ServiceCollection().BuildServiceProvider();
        await using var renderer = new HtmlRenderer(services, NullLoggerFactory.Instance);
        var html = await renderer.Dispatcher.InvokeAsync(async () =>
            (await renderer.RenderComponentAsync<Inspected>(ParameterView.FromDictionary(new Dictionary<string, object?> { [nameof(Inspected.Value)] = message }))).ToHtmlString());
        var drafter = html.IndexOf("<td>drafter</td><th scope=\"row\">CN=&lt;anna&gt;</th><td data-state=\"good\">valid", StringComparison.Ordinal);
        var releaser = html.IndexOf("<td>releaser</td><th scope=\"row\">unknown signer</th><td data-state=\"warn\">invalid CHAIN-INCOMPLETE</td><td>on 1</td>", StringComparison.Ordinal);
        var domain = html.IndexOf("<td>domain</td><th scope=\"row\">CN=domain</th><td data-state=\"good\">valid </td><td>around 1</td>", StringComparison.Ordinal);
        Assert.True(drafter >= 0 && releaser > drafter && domain > releaser, html);
    }
}
