using System.Text.Json.Serialization.Metadata;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Host.Api;

/// <summary>Accounts of persons, and sessions of their browsers.</summary>
internal static class AccessEndpoints
{
    public static void MapAccess(this IEndpointRouteBuilder api)
    {
        api.MapGet("/me", (HttpContext context) => ApiEndpoints.Json(PersonView.Of(ApiEndpoints.CallerOf(context).Identity), ApiJson.Default.PersonView))
            .Describe<PersonView>("me", "Who asks, and what they may do");
        api.MapGet("/accounts", AccountsAsync).Describe<Page<AccountView>>("accounts", "Local accounts").Tagged();
        api.MapPost("/accounts", AddAsync).Accepts<AccountRequest>("application/json").Describe<AccountView>("addAccount", "Make a local account").Once().Stored().Proposed();
        api.MapPost("/accounts/{name}/roles", (string name, HttpContext context, IAccessDesk desk, CancellationToken cancellationToken) => ChangeAsync(
                name, context, desk, ApiJson.Default.RolesRequest,
                (request, who) => desk.SetRolesAsync(name, Roles(request.Roles), request.Reason ?? "", who, cancellationToken), cancellationToken))
            .Accepts<RolesRequest>("application/json").Describe<AccountView>("setRoles", "Say what a person is").Once().Stored().Proposed();
        api.MapPost("/accounts/{name}/password", (string name, HttpContext context, IAccessDesk desk, CancellationToken cancellationToken) => ChangeAsync(
                name, context, desk, ApiJson.Default.PasswordRequest,
                (request, who) => desk.SetPasswordAsync(name, request.Password ?? "", request.Reason ?? "", who, cancellationToken), cancellationToken))
            .Accepts<PasswordRequest>("application/json").Describe<AccountView>("setPassword", "Set a password; sessions of the account end").Once().Stored().Proposed();
        api.MapPost("/accounts/{name}/lock", (string name, HttpContext context, IAccessDesk desk, CancellationToken cancellationToken) => ChangeAsync(
                name, context, desk, ApiJson.Default.ReasonRequest, (request, who) => desk.LockAsync(name, request.Reason, who, cancellationToken), cancellationToken))
            .Accepts<ReasonRequest>("application/json").Describe<AccountView>("lockAccount", "Nobody signs in with it, and its sessions end").Once().Stored().Proposed();
        api.MapPost("/accounts/{name}/unlock", (string name, HttpContext context, IAccessDesk desk, CancellationToken cancellationToken) => ChangeAsync(
                name, context, desk, ApiJson.Default.ReasonRequest, (request, who) => desk.UnlockAsync(name, request.Reason, who, cancellationToken), cancellationToken))
            .Accepts<ReasonRequest>("application/json").Describe<AccountView>("unlockAccount", "It can be signed in with again, after wrong passwords too").Once().Stored().Proposed();
        api.MapPost("/accounts/{name}/remove", (string name, HttpContext context, IAccessDesk desk, CancellationToken cancellationToken) => ChangeAsync(
                name, context, desk, ApiJson.Default.ReasonRequest, (request, who) => desk.RemoveAccountAsync(name, request.Reason, who, cancellationToken), cancellationToken))
            .Accepts<ReasonRequest>("application/json").Describe("removeAccount", "Remove a local account, with its sessions").Produces(204).Once().Stored().Proposed();
        api.MapGet("/sessions", SessionsAsync).Describe<Page<SessionView>>("sessions", "Sessions of browsers, the newest first; who manages no accounts sees their own").Tagged();
        api.MapPost("/sessions/{id}/end", EndAsync).Accepts<ReasonRequest>("application/json").Describe("endSession", "End a session").Produces(204).Once().Stored();
    }

    private static async Task<IResult> AccountsAsync(HttpContext context, IAccessDesk desk, CancellationToken cancellationToken)
    {
        var accounts = await desk.AccountsAsync(ApiEndpoints.CallerOf(context).Identity, cancellationToken);
        return Conditions.Answer(context, new Page<AccountView>([.. accounts.Select(AccountView.Of)], null), ApiJson.Default.PageAccountView);
    }

    private static async Task<IResult> AddAsync(HttpContext context, IAccessDesk desk, CancellationToken cancellationToken)
    {
        var (request, fault) = await ApiEndpoints.BodyAsync(context, ApiJson.Default.AccountRequest, cancellationToken);
        if (request is null) return Problems.BadRequest(fault);
        var change = await desk.AddAccountAsync(request.Name ?? "", request.Password ?? "", Roles(request.Roles), request.Reason ?? "", ApiEndpoints.CallerOf(context).Identity, cancellationToken);
        return await AnswerAsync(request.Name ?? "", change, context, desk, cancellationToken);
    }

    private static async Task<IResult> ChangeAsync<T>(
        string name, HttpContext context, IAccessDesk desk, JsonTypeInfo<T> type, Func<T, OperatorIdentity, ValueTask<AccountChange>> change, CancellationToken cancellationToken)
        where T : class
    {
        var (request, fault) = await ApiEndpoints.BodyAsync(context, type, cancellationToken);
        if (request is null) return Problems.BadRequest(fault);
        return await AnswerAsync(name, await change(request, ApiEndpoints.CallerOf(context).Identity), context, desk, cancellationToken);
    }

    private static async Task<IResult> SessionsAsync(HttpContext context, IAccessDesk desk, CancellationToken cancellationToken)
    {
        var sessions = await desk.SessionsAsync(ApiEndpoints.CallerOf(context).Identity, cancellationToken);
        return Conditions.Answer(context, new Page<SessionView>([.. sessions.Select(SessionView.Of)], null), ApiJson.Default.PageSessionView);
    }

    private static async Task<IResult> EndAsync(string id, HttpContext context, IAccessDesk desk, CancellationToken cancellationToken)
    {
        var (request, fault) = await ApiEndpoints.BodyAsync(context, ApiJson.Default.ReasonRequest, cancellationToken);
        if (request is null) return Problems.BadRequest(fault);
        return await desk.EndSessionAsync(id, request.Reason, ApiEndpoints.CallerOf(context).Identity, cancellationToken) is AccountChange.Done
            ? Results.NoContent()
            : Problems.NotFound("There is no such session.");
    }

    private static async Task<IResult> AnswerAsync(string name, AccountChange change, HttpContext context, IAccessDesk desk, CancellationToken cancellationToken)
    {
        switch (change)
        {
            case AccountChange.Done:
                var account = (await desk.AccountsAsync(ApiEndpoints.CallerOf(context).Identity, cancellationToken)).FirstOrDefault(a => a.Name == name);
                return account is null ? Results.NoContent() : ApiEndpoints.Json(AccountView.Of(account), ApiJson.Default.AccountView);
            case AccountChange.Exists:
                return Problems.Conflict("There is an account of this name.");
            case AccountChange.NotFound:
                return Problems.NotFound("There is no account of this name.");
            default:
                return Problems.Conflict("Somebody else changed it at the same time; nothing was done.");
        }
    }

    private static OperatorRoles Roles(IReadOnlyList<string>? words)
    {
        var roles = OperatorRoles.None;
        foreach (var word in words ?? [])
        {
            if (OperatorRoleNames.Read(word ?? "") is not (not OperatorRoles.None and var role)) throw new FormatException($"roles are {string.Join(", ", OperatorRoleNames.All.Select(r => r.Word))}");
            roles |= role;
        }

        return roles;
    }
}
