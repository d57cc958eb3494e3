using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace MilSwitch.Browser;

/// <summary>A browser that notes whatever its page complains about, breaches of the content policy above all.</summary>
public sealed class ConsoleVisit : IAsyncDisposable
{
    private readonly IBrowserContext context;
    private readonly ConcurrentQueue<string> complaints = new();

    private readonly Func<IReadOnlyList<string>> log;

    /// <param name="context">Of this visit alone.</param>
    /// <param name="page">Its page.</param>
    /// <param name="log">What the switch wrote.</param>
    public ConsoleVisit(IBrowserContext context, IPage page, Func<IReadOnlyList<string>> log)
    {
        (this.context, Page, this.log) = (context, page, log);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning") complaints.Enqueue($"{page.Url}: {message.Text}");
        };
        page.PageError += (_, error) => complaints.Enqueue($"{page.Url}: {error}");
        page.Dialog += (_, dialog) => complaints.Enqueue($"{page.Url}: a dialog opened: {dialog.Message}");
        page.RequestFailed += (_, request) =>
        {
            // A page that is left ends its stream.
            if (!request.Url.Contains("/live?", StringComparison.Ordinal)) complaints.Enqueue($"{request.Url}: {request.Failure}");
        };
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith("http://127.0.0.1:", StringComparison.Ordinal)) complaints.Enqueue($"it asked for {request.Url}");
        };
    }

    public IPage Page { get; }

    public IBrowserContext Context => context;

    public IReadOnlyCollection<string> Complaints => complaints;

    /// <summary>Opens a page and waits until it is live, where it is.</summary>
    public async Task<IResponse> OpenAsync(string path)
    {
        var response = await Page.GotoAsync(path);
        try
        {
            await Page.WaitForFunctionAsync("() => !document.querySelector('#view')?.dataset.live || document.querySelector('#fresh').dataset.state === 'live'");
        }
        catch (TimeoutException)
        {
            throw new InvalidOperationException($"{path} does not come alive: {await Page.InnerTextAsync("#fresh")}\n{string.Join('\n', complaints)}\n{string.Join('\n', log().TakeLast(30))}");
        }

        return response!;
    }

    /// <summary>Opens an act's form, fills it in, sends it, and returns what the page says of it.</summary>
    public Task<string> DoAsync(string name, string? reason, params (string Name, string Value)[] fields) => DoAsync(name, reason, opened: false, fields);

    /// <inheritdoc cref="DoAsync(string,string,ValueTuple{string,string}[])"/>
    /// <param name="opened">The form is open and filled in but for the reason and these fields.</param>
    public async Task<string> DoAsync(string name, string? reason, bool opened, params (string Name, string Value)[] fields)
    {
        var act = Page.Locator($"details[id='act-{name}']");
        if (!opened) await act.Locator("summary").ClickAsync();
        foreach (var (field, value) in fields) await act.Locator($"[name={field}]").FillAsync(value);
        if (reason is not null) await act.Locator("[name=reason]").FillAsync(reason);
        await act.Locator("form > button").ClickAsync();
        var said = await NoticeAsync();
        Assert.DoesNotContain("Nothing was done", said, StringComparison.Ordinal);
        return said;
    }

    /// <summary>What the last act said.</summary>
    public async Task<string> NoticeAsync()
    {
        try
        {
            return await Page.Locator(".notice").InnerTextAsync(new LocatorInnerTextOptions { Timeout = 15_000 });
        }
        catch (TimeoutException)
        {
            throw new InvalidOperationException($"{Page.Url} says nothing of an act: {await Page.InnerTextAsync("body")}\n{string.Join('\n', complaints)}");
        }
    }

    public async ValueTask DisposeAsync() => await context.DisposeAsync();
}
