using Microsoft.OpenApi;

namespace MilSwitch.Host.Api;

/// <summary>What a route says about its operation.</summary>
internal static class ApiRoutes
{
    /// <summary>Its name, its answer, and the answers that every operation can give.</summary>
    public static RouteHandlerBuilder Describe<T>(this RouteHandlerBuilder route, string name, string summary) =>
        route.Produces<T>(200, "application/json").Describe(name, summary);

    public static RouteHandlerBuilder Describe(this RouteHandlerBuilder route, string name, string summary) => route
        .WithName(name).WithSummary(summary)
        .Produces<ProblemView>(400, "application/problem+json").Produces<ProblemView>(401, "application/problem+json")
        .Produces<ProblemView>(403, "application/problem+json").Produces<ProblemView>(404, "application/problem+json");

    /// <summary>A good answer is not JSON.</summary>
    public static RouteHandlerBuilder Answers(this RouteHandlerBuilder route, string mediaType) =>
        route.Produces(200, contentType: mediaType).WithMetadata(new ApiContent(mediaType));

    public static RouteHandlerBuilder Query(this RouteHandlerBuilder route, string name, string description, bool required = false, JsonSchemaType type = JsonSchemaType.String) =>
        route.WithMetadata(new ApiParameter(name, ParameterLocation.Query, description, type, required));

    public static RouteHandlerBuilder Header(this RouteHandlerBuilder route, string name, string description) =>
        route.WithMetadata(new ApiParameter(name, ParameterLocation.Header, description));

    public static RouteHandlerBuilder Fails(this RouteHandlerBuilder route, int status, string description) =>
        route.Produces<ProblemView>(status, "application/problem+json").WithMetadata(new ApiStatus(status, description));

    /// <summary>The filters of pending messages, as query parameters.</summary>
    public static RouteHandlerBuilder Filtered(this RouteHandlerBuilder route) => route
        .Query("link", "That wait for this link").Query("precedence", "Of this level").Query("sender", "With this in the reverse path")
        .Query("recipient", "With this in a recipient's address").Query("state", "queued, held or binned").Query("olderThan", "Accepted longer ago than this, such as 2h");

    /// <summary>POST: <c>Idempotency-Key</c> is understood (<see cref="IdempotentRequests"/>).</summary>
    public static RouteHandlerBuilder Once(this RouteHandlerBuilder route) => route
        .Header(IdempotentRequests.Header, "Any string in quotation marks, such as a UUID: a request that is sent again with it is not done again, but gets the first one's answer")
        .Fails(409, "A request with this Idempotency-Key is under way")
        .Fails(422, "This Idempotency-Key belongs to another request, or what was asked for is refused")
        .Fails(429, "Too many requests with an Idempotency-Key are under way");

    /// <summary>It may need a second person.</summary>
    public static RouteHandlerBuilder Proposed(this RouteHandlerBuilder route) =>
        route.Produces<ProposalView>(202, "application/json").WithMetadata(new ApiStatus(202, "Another person has to approve it; it is recorded, and not done yet"));

    /// <summary>What is ordered is recorded before it is done.</summary>
    public static RouteHandlerBuilder Stored(this RouteHandlerBuilder route) => route.Fails(507, "The store is full or can't be written; nothing was done");

    /// <summary>GET: the answer has a tag, and <c>If-None-Match</c> saves it.</summary>
    public static RouteHandlerBuilder Tagged(this RouteHandlerBuilder route) => route
        .Header("If-None-Match", "Tags of answers that the client has already")
        .WithMetadata(new ApiStatus(304, "The client has it already"), new ApiTag());

    /// <summary>What is replaced or removed can be named by its tag.</summary>
    public static RouteHandlerBuilder Guarded(this RouteHandlerBuilder route) => route
        .Header("If-Match", "Only when the state in force still has this tag").Fails(412, "It has another tag; nothing was done");
}
