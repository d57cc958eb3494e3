using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using MilSwitch.Benchmarks.Smime;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Host.Configuration;
using MilSwitch.Host.Running;
using MilSwitch.Integration.Boundaries;
using MilSwitch.Storage.Sqlite;
using MilSwitch.Switching;
using MilSwitch.Switching.Boundaries;

namespace MilSwitch.Benchmarks.Boundaries;

/// <summary>One message that crosses again and again, through a node that was put together from its configuration and not started. Thread-safe.</summary>
internal sealed class BoundaryPassage : IAsyncDisposable
{
    private readonly SqliteSpool spool;
    private readonly WebApplication app;
    private readonly SwitchRuntime runtime;
    private readonly Passage start;
    private readonly byte[] inside = Border.Compose("operations order", Encoding.Latin1.GetString(SmimeMaterial.Content(SmimeMaterial.Small)[45..]));

    private BoundaryPassage(SqliteSpool spool, WebApplication app, Passage start)
    {
        (this.spool, this.app, this.start) = (spool, app, start);
        runtime = app.Services.GetRequiredService<SwitchRuntime>();
    }

    /// <param name="folder">For configuration and store; made.</param>
    /// <param name="border">The two domains.</param>
    /// <param name="keys">The section that has the keys of the boundary.</param>
    /// <param name="message">What crosses.</param>
    public static async Task<BoundaryPassage> OpenAsync(string folder, Border border, string keys, byte[] message)
    {
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, "milswitch.yaml");
        await File.WriteAllTextAsync(file, $$"""
            node: { name: n1, data: ./data }
            listeners:
              - { name: mta, endpoint: "127.0.0.1:2525", clients: [127.0.0.0/8], domain: {{Border.Red}} }
            routes:
              - { match: blue.test, next-hop: "127.0.0.1:2626", domain: {{Border.Blue}} }
              - { match: red.test, next-hop: "127.0.0.1:2627", domain: {{Border.Red}} }
            {{keys}}
            {{border.Sections(encrypts: true)}}
            """);
        var result = ConfigurationReader.Read(file);
        if (result.Configuration is not { } configuration) throw new InvalidOperationException(string.Join("\n", result.Problems));
        var spool = await SqliteSpool.OpenAsync(new SqliteSpoolOptions { DataFolder = configuration.DataFolder }, TimeProvider.System, NullLoggerFactory.Instance, default);
        var app = NodeHost.Build(configuration, spool, TimeProvider.System);
        var runtime = app.Services.GetRequiredService<SwitchRuntime>();
        var passage = new BoundaryPassage(spool, app, new Passage
        {
            Id = runtime.NextId(0), Next = runtime.NextId(0), Recipients = [0], Boundary = configuration.Switch.Boundaries.Find(Border.Red, Border.Blue)!, Configuration = configuration.Switch,
            Now = runtime.Now, Came = message,
            Envelope = new Envelope
            {
                ReversePath = new ReversePath(Mailbox.Parse(Border.Sender)), Recipients = [new Recipient(Mailbox.Parse(Border.Recipient)) { Precedence = Precedence.Routine }],
                Precedence = Precedence.Routine, Domain = Border.Red, ArrivedAt = runtime.Now, Origin = new Origin { Listener = "mta", ClientAddress = "127.0.0.1" },
            },
        });
        // A token takes its time to be ready.
        for (var deadline = TimeProvider.System.GetUtcNow().AddSeconds(20); ; )
        {
            if (await runtime.Crossing.RunAsync(passage.start) is CrossingOutcome.Released) return passage;
            if (TimeProvider.System.GetUtcNow() > deadline) await passage.CrossAsync();
        }
    }

    /// <exception cref="InvalidOperationException">It did not cross.</exception>
    public async ValueTask CrossAsync()
    {
        if (await runtime.Crossing.RunAsync(start) is CrossingOutcome.Ended ended)
            throw new InvalidOperationException($"{ended.Decision.Step}: {string.Join("; ", ended.Decision.Reasons)}");
    }

    /// <summary>Its first half alone: parsed, opened, verified.</summary>
    public async ValueTask OpenAsync()
    {
        if (await runtime.BoundaryProtection!.OpenAsync(start.Came, start.Boundary.Opening, Precedence.Routine, default) is not OpeningOutcome.Read { Message.Signature.State: SignatureState.Good })
            throw new InvalidOperationException("it does not open");
    }

    /// <summary>Its second half alone: signed and encrypted.</summary>
    public async ValueTask ProtectAsync()
    {
        var settings = new DepartureProtection { Sign = start.Boundary.Sign, Encrypt = start.Boundary.Encrypt };
        if (await runtime.Protection!.ProtectAsync(inside, settings, start.Addresses, null, Precedence.Routine, default) is not DepartureOutcome.Protected)
            throw new InvalidOperationException("it is not protected");
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        await spool.DisposeAsync();
    }
}
