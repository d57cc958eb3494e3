using Microsoft.Extensions.DependencyInjection;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Dashboard.Acts;

/// <summary>What is done to accounts and sessions.</summary>
internal static class AccountActs
{
    public static async Task<ActAnswer> EndSessionAsync(IServiceProvider services, ActInput input) =>
        Say(await Desk(services).EndSessionAsync(input.Required("session"), input.Reason, input.Who, input.CancellationToken).ConfigureAwait(false), "The session is over.");

    public static async Task<ActAnswer> AddAsync(IServiceProvider services, ActInput input) =>
        Say(await Desk(services).AddAccountAsync(input.Required("name"), Secret(input, "password"), Roles(input), input.Reason, input.Who, input.CancellationToken).ConfigureAwait(false), "The account is made.");

    public static async Task<ActAnswer> SetRolesAsync(IServiceProvider services, ActInput input) =>
        Say(await Desk(services).SetRolesAsync(input.Required("name"), Roles(input), input.Reason, input.Who, input.CancellationToken).ConfigureAwait(false), "The roles are set.");

    public static async Task<ActAnswer> LockAsync(IServiceProvider services, ActInput input) =>
        Say(await Desk(services).LockAsync(input.Required("name"), input.Reason, input.Who, input.CancellationToken).ConfigureAwait(false), "The account is locked, and its sessions are over.");

    public static async Task<ActAnswer> UnlockAsync(IServiceProvider services, ActInput input) =>
        Say(await Desk(services).UnlockAsync(input.Required("name"), input.Reason, input.Who, input.CancellationToken).ConfigureAwait(false), "The account can be signed in with again.");

    public static async Task<ActAnswer> RemoveAsync(IServiceProvider services, ActInput input) =>
        Say(await Desk(services).RemoveAccountAsync(input.Required("name"), input.Reason, input.Who, input.CancellationToken).ConfigureAwait(false), "The account is gone.");

    public static async Task<ActAnswer> ChangeOwnAsync(IServiceProvider services, ActInput input) =>
        Say(await Desk(services).ChangeOwnPasswordAsync(Secret(input, "present"), Secret(input, "next"), input.Who, input.CancellationToken).ConfigureAwait(false), "The password is changed.");

    private static IAccessDesk Desk(IServiceProvider services) => services.GetRequiredService<IAccessDesk>();

    // A password may begin and end with a space.
    private static string Secret(ActInput input, string name) => input.Form[name].FirstOrDefault() is { Length: > 0 } secret ? secret : throw new FormatException("the password is missing");

    private static OperatorRoles Roles(ActInput input)
    {
        var roles = OperatorRoles.None;
        foreach (var word in input.Form["role"]) roles |= Enum.TryParse<OperatorRoles>(word, out var role) && role is not OperatorRoles.All && Enum.IsDefined(role) ? role : throw new FormatException($"'{word}' is no role");
        return roles is OperatorRoles.None ? throw new FormatException("choose at least one role") : roles;
    }

    private static ActAnswer Say(AccountChange change, string done) => change switch
    {
        AccountChange.Done => ActAnswer.Done(done),
        AccountChange.NotFound => ActAnswer.Not("There is none of this name any more."),
        AccountChange.Exists => ActAnswer.Not("There is an account of this name already."),
        AccountChange.Refused => ActAnswer.Not("The present password is wrong."),
        _ => ActAnswer.Not("Somebody else changed it at the same time: look again."),
    };
}
