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
            return Problems.Forbidden(refused.Right);
        }
    }
}
