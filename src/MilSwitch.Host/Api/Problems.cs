using System.Globalization;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Host.Api;

/// <summary>RFC 9457 answers. Texts are for the operator's client and never hold a cause from inside the switch.</summary>
internal static class Problems
{
    public static IResult BadRequest(string detail) => Answer(400, "The request can't be understood", detail);

    public static IResult Unauthorized() => Answer(401, "Nobody is signed in", "Send a token of admin.tokens as 'Authorization: Bearer TOKEN', show a certificate, or use the Unix socket.");

    public static IResult Forbidden(NotPermittedException refused) =>
        Answer(403, "Not permitted", refused.Because is { } because ? $"Nothing was shown: {because}." : $"It needs the right '{Words.Of(refused.Right)}'; nothing was done.");

    public static IResult NotFound(string detail) => Answer(404, "Not found", detail);

    public static IResult Conflict(string detail) => Answer(409, "Conflict", detail);

    public static IResult PreconditionFailed() => Answer(412, "It has changed", "If-Match names another state than the one in force; nothing was done.");

    public static IResult NotReady() => Answer(503, "Not ready", "The switch is starting or stopping.");

    /// <summary>RFC 4918 §11.5: the server is unable to store what is needed to complete the request.</summary>
    public static IResult StoreRefuses(SpoolUnavailableException fault) => Answer(507, "The store takes no orders", $"Nothing was done: {fault.Reason}.");

    public static IResult Internal() => Answer(500, "Internal fault", "See the log of the node.");

    /// <summary>A message that was not taken.</summary>
    public static IResult Refused(int status, string detail, RefusalView refusal) => Results.Json(
        new ProblemView(TypeOf(status), status is 422 ? "The message is refused" : "The switch can't take it now", status, detail, null, refusal), ApiJson.Default.ProblemView, "application/problem+json", status);

    public static IResult Answer(int status, string title, string? detail, IReadOnlyList<ConfigurationProblemView>? problems = null) => Results.Json(
        new ProblemView(TypeOf(status), title, status, detail, problems),
        ApiJson.Default.ProblemView,
        "application/problem+json",
        status);

    private static string TypeOf(int status) => string.Create(CultureInfo.InvariantCulture, $"https://www.rfc-editor.org/rfc/rfc9110#status.{status}");
}
