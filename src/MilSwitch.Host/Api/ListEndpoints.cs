using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Host.Api;

/// <summary>Mailing lists.</summary>
internal static class ListEndpoints
{
    public static void MapLists(this IEndpointRouteBuilder api)
    {
        api.MapGet("/lists", AllAsync).Describe<Page<ListView>>("lists", "The mailing lists, without their members").Tagged();
        api.MapGet("/lists/{address}", OneAsync).Describe<ListView>("list", "A mailing list with its members, those that a directory knows among them").Tagged();
    }

    private static async Task<IResult> AllAsync(HttpContext context, IOperatorActions actions, CancellationToken cancellationToken) => Conditions.Answer(
        context, new Page<ListView>([.. (await actions.ListsAsync(cancellationToken)).Select(l => ListView.Of(l, withMembers: false))], null), ApiJson.Default.PageListView);

    private static async Task<IResult> OneAsync(string address, HttpContext context, IOperatorActions actions, CancellationToken cancellationToken)
    {
        if (!Mailbox.TryParse(address, allowUtf8: true, out var mailbox, out _)) return Problems.BadRequest("address is not a mail address.");
        return await actions.ListAsync(mailbox, cancellationToken) is { } state
            ? Conditions.Answer(context, ListView.Of(state, withMembers: true), ApiJson.Default.ListView)
            : Problems.NotFound("There is no list at this address.");
    }
}
