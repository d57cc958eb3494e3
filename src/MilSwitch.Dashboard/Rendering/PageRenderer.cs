using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Dashboard.Rendering;

/// <summary>
/// Renders components to text: the view first, since the page around it shows what the view found (its title and the banner of
/// the most sensitive label). Thread-safe.
/// </summary>
internal sealed class PageRenderer(IServiceScopeFactory scopes, ILoggerFactory loggers)
{
    /// <summary>The view alone, as those who watch get it again.</summary>
    public async Task<string> ViewAsync(ConsolePage page, ViewContext context)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await RenderAsync(scope.ServiceProvider, page.View, new Dictionary<string, object?> { [nameof(ConsoleView.Context)] = context }).ConfigureAwait(false);
    }

    /// <summary>The whole page.</summary>
    public async Task<string> PageAsync(ConsolePage page, ViewContext context, ShellFacts facts)
    {
        var view = await ViewAsync(page, context).ConfigureAwait(false);
        await using var scope = scopes.CreateAsyncScope();
        var shell = await RenderAsync(scope.ServiceProvider, typeof(Shell), new Dictionary<string, object?>
        {
            [nameof(Shell.Page)] = page, [nameof(Shell.Context)] = context, [nameof(Shell.Content)] = new MarkupString(view), [nameof(Shell.Facts)] = facts,
        }).ConfigureAwait(false);
        return "<!doctype html>\n" + shell;
    }

    /// <summary>The page before all others.</summary>
    public async Task<string> SignInAsync(SignInWays ways, string token, string to, string? failed)
    {
        await using var scope = scopes.CreateAsyncScope();
        return "<!doctype html>\n" + await RenderAsync(scope.ServiceProvider, typeof(SignInPage), new Dictionary<string, object?>
        {
            [nameof(SignInPage.Ways)] = ways, [nameof(SignInPage.Token)] = token, [nameof(SignInPage.To)] = to, [nameof(SignInPage.Failed)] = failed,
        }).ConfigureAwait(false);
    }

    /// <summary>The banner alone.</summary>
    public async Task<string> BannerAsync(ViewContext context)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await RenderAsync(scope.ServiceProvider, typeof(Parts.Banner), new Dictionary<string, object?> { [nameof(Parts.Banner.Context)] = context }).ConfigureAwait(false);
    }

    private async Task<string> RenderAsync(IServiceProvider services, Type component, Dictionary<string, object?> parameters)
    {
        await using var renderer = new HtmlRenderer(services, loggers);
        return await renderer.Dispatcher.InvokeAsync(async () => (await renderer.RenderComponentAsync(component, ParameterView.FromDictionary(parameters)).ConfigureAwait(true)).ToHtmlString()).ConfigureAwait(false);
    }
}
