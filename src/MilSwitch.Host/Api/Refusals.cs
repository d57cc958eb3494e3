using System.Globalization;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Host.Api;

/// <summary>What the services refuse, as answers of the admin API.</summary>
internal static class Refusals
{
    public static async ValueTask<object?> AnswerAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        try
        {
            return await next(invocation);
        }
        catch (NotPermittedException refused)
        {
            return Problems.Forbidden(refused);
        }
        catch (ApprovalNeededException needed)
        {
            return Results.Json(ProposalView.Of(needed.Proposal), ApiJson.Default.ProposalView, statusCode: 202);
        }
        catch (CountChangedException changed)
        {
            return Problems.Conflict(string.Create(CultureInfo.InvariantCulture, $"{changed.Count} messages match now, and {changed.Expected} were confirmed; nothing was done."));
        }
        catch (FormatException wrong)
        {
            return Problems.BadRequest(Sentence(wrong.Message));
        }
    }

    /// <summary>A text of a service as a sentence.</summary>
    public static string Sentence(string text) => text.Length is 0 ? text : $"{char.ToUpperInvariant(text[0])}{text[1..]}{(text[^1] is '.' ? "" : ".")}";
}
