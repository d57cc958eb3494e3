using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using BadHttpRequestException = Microsoft.AspNetCore.Http.BadHttpRequestException;
using MilSwitch.Domain.Acknowledgments;
using MilSwitch.Domain.Auditing;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Lists;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Clustering;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Access;
using MilSwitch.Domain.Watching;
using MilSwitch.Dashboard;
using MilSwitch.Host.Watching;
using MilSwitch.Host.Acp127;
using MilSwitch.Host.Api;
using MilSwitch.Host.Auditing;
using MilSwitch.Host.Commands;
using MilSwitch.Host.Configuration;
using MilSwitch.Host.Measurement;
using MilSwitch.Host.Telemetry;
using MilSwitch.Lookup.Service.Opening;
using MilSwitch.Smime.Boundaries;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Protection;
using MilSwitch.Smime.Receipts;
using MilSwitch.Smime.Tokens;
using MilSwitch.Smtp.Server;
using MilSwitch.Storage;
using MilSwitch.Switching;
using MilSwitch.Switching.Cluster.Transport;

namespace MilSwitch.Host.Running;

/// <summary>Puts a node together: switch, listeners, admin API and metrics in one Kestrel.</summary>
public static class NodeHost
{
    /// <summary>What a session may have buffered before its socket is no longer read.</summary>
    private const int SocketBuffer = 64 << 10;

    private const long MaximumApiBody = 1 << 20;

    /// <summary>Builds the whole node around an open store.</summary>
    public static WebApplication Build(NodeConfiguration configuration, ISealableSpool spool, TimeProvider time)
    {
        var app = Build(configuration, time, services => AddSwitch(services, configuration, spool, time));
        var seal = new StoreSeal(configuration, spool, time, app.Services.GetRequiredService<ILogger<StoreSeal>>());
        var holder = app.Services.GetRequiredService<ConfigurationHolder>();
        spool.LearnKeysWith((now, cancellationToken) => seal.LookAgainAsync(now, Ring(app.Services, holder.Current), holder.Current.Keys, cancellationToken));
        return app;
    }

    private static void AddSwitch(IServiceCollection services, NodeConfiguration configuration, ISealableSpool spool, TimeProvider time)
    {
        services.AddSingleton<ISpool>(spool);
        if (spool is IClusterStore shared) services.AddSingleton(shared);
        if (spool is IRequestStore requests) services.AddSingleton(requests);
        services.AddSingleton(provider => Listeners.Resolver(configuration, provider.GetRequiredService<ConfigurationHolder>()));
        if (configuration is { ClusterTls: { } tls, NodeCertificate: { } identity })
        {
            services.AddSingleton(tls);
            services.AddSingleton(new NodeCredentials(identity));
        }

        AddProtection(services, configuration, time);
        if (spool is IAuditStore trails) AddAuditing(services, spool, trails);
        services.AddSwitching(configuration.Switch);
        services.AddSingleton<Folders.FolderLog>();
        services.AddSingleton<Folders.FolderWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<Folders.FolderWatch>());
        services.AddHostedService(provider => new BrokenStoreWatch(
            spool, provider.GetRequiredService<IHostApplicationLifetime>(), time, BrokenStoreWatch.Grace, () => ProcessEnd.AtOnce(ExitCodes.StoreBroken),
            provider.GetRequiredService<ILogger<BrokenStoreWatch>>()));
    }

    // Before the switch, and so stopped after it: the last checkpoint speaks for all that was written.
    private static void AddAuditing(IServiceCollection services, ISpool spool, IAuditStore trails)
    {
        services.AddSingleton(trails);
        services.AddSingleton(provider => new AuditKeeper(
            spool, trails, provider.GetRequiredService<AuditSigner>(), provider.GetRequiredService<ConfigurationHolder>(), provider.GetRequiredService<ISwitchControl>, spool as IClusterStore,
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<AuditKeeper>>()));
        services.AddHostedService(provider => provider.GetRequiredService<AuditKeeper>());
        services.AddSingleton<IAuditDesk, AuditDesk>();
    }

    /// <summary>Builds a node around the given switch, for tests as well.</summary>
    public static WebApplication Build(NodeConfiguration configuration, TimeProvider time, Action<IServiceCollection> addSwitch)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "milswitch", ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.WebHost.UseSockets(sockets =>
        {
            sockets.MaxReadBufferSize = SocketBuffer;
            sockets.MaxWriteBufferSize = SocketBuffer;
            // Bursts of connections wait in the kernel, not in retransmissions.
            sockets.Backlog = 4096;
        });
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, LargeBlockPool>();
        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, configuration));
        AddLogging(builder.Logging, configuration.LogLevel, configuration.LogFormat);
        builder.Services.AddTelemetry(configuration, time);
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(25));
        builder.Services.AddSingleton(time);
        builder.Services.AddSingleton(services => new ConfigurationHolder(configuration, time, services.GetRequiredService<ILogger<ConfigurationHolder>>()));
        builder.Services.AddSingleton<IAccountStore>(services => services.GetRequiredService<ConfigurationHolder>());
        builder.Services.AddSingleton(Listeners.SmtpServices);
        builder.Services.AddSingleton<Smtp.Tracking.MtqpServices>();
        builder.Services.AddSingleton<Domain.Tracking.IOnwardTracker>(services => new Smtp.Tracking.OnwardTracker(
            services.GetRequiredService<Smtp.Tracking.MtqpServices>, () => services.GetRequiredService<ConfigurationHolder>().Current.Tracking?.Chain ?? []));
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<MeterBridge>();
        builder.Services.AddSingleton<SwitchGauges>();
        builder.Services.ConfigureHttpJsonOptions(o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default));
        builder.Services.AddSingleton<IdempotencyKeys>();
        builder.Services.AddAccess(configuration);
        builder.Services.AddSingleton<IMessageInspector, MessageDissection>();
        builder.Services.AddSingleton(services => new SettingsHistory(
            services.GetService<ISpool>(), services.GetRequiredService<ConfigurationHolder>(), time, services.GetRequiredService<ILogger<SettingsHistory>>()));
        builder.Services.AddSingleton<ISettingsHistory>(services => services.GetRequiredService<SettingsHistory>());
        builder.Services.AddHostedService(services => services.GetRequiredService<SettingsHistory>());
        builder.Services.AddSingleton<ISettingsTrial>(services => new SettingsTrialDesk(
            services.GetService<ISpool>(), services.GetRequiredService<ConfigurationHolder>(), services.GetRequiredService<IOperatorActions>(), time));
        builder.Services.AddSingleton<INodeDesk, NodeDesk>();
        builder.Services.AddSingleton<IWatchLog, WatchLog>();
        builder.Services.AddSingleton(services => new Backup.StoreCopyDesk(
            services.GetService<ISpool>(), services.GetRequiredService<ISwitchControl>(), services.GetRequiredService<IHostApplicationLifetime>(), time, services.GetRequiredService<ILogger<Backup.StoreCopyDesk>>()));
        builder.Services.AddSingleton<ILabelDesk, LabelDesk>();
        builder.Services.AddSingleton<IKeyFacts>(services => new KeyFactsDesk(
            services.GetRequiredService<ConfigurationHolder>(), () => services.GetService<CertificateFinding>()?.AllLists ?? [], services.GetService<ITokenMonitor>()));
        builder.Services.AddDashboard();
        builder.Services.AddSingleton<Submission.SubmissionDesk>();
        builder.Services.AddSingleton(_ => new KeyWorkers(Environment.ProcessorCount));
        builder.Services.AddSingleton(services => new AuditSigner(Ring(services, configuration), configuration.AuditKey, time));
        builder.Services.AddOpenApi("v1", ApiDocument.Configure);
        builder.Services.AddSingleton(services => new ProxyCertificates(configuration, next => Ring(services, next), time, services.GetRequiredService<ILogger<ProxyCertificates>>()));
        builder.Services.AddHostedService(services => services.GetRequiredService<ProxyCertificates>());
        builder.Services.AddSingleton<Alarms.ScannerWatch>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Alarms.ScannerWatch>());
        builder.Services.AddSingleton(services => new Alarms.ValidityWatch(
            services.GetRequiredService<ConfigurationHolder>(), () => services.GetService<CertificateFinding>()?.AllLists ?? [], time));
        builder.Services.AddSingleton<Domain.Alarms.IAlarmNotifiers>(services => new Alarms.AlarmNotifiers(
            services.GetRequiredService<ConfigurationHolder>(), new Lazy<Submission.SubmissionDesk>(services.GetRequiredService<Submission.SubmissionDesk>), time));
        addSwitch(builder.Services);
        builder.Services.AddHostedService<ReadinessGate>();
        builder.Services.AddAcp127(configuration);

        var app = builder.Build();
        app.Services.GetRequiredService<ConfigurationHolder>().FurtherAlarms =
            () => [.. app.Services.GetRequiredService<ProxyCertificates>().Alarms, .. (time as SteadyTime)?.Alarms ?? [], .. app.Services.GetService<Acp127Lines>()?.Alarms ?? [], .. app.Services.GetService<Folders.FolderWatch>()?.Alarms ?? [], .. app.Services.GetRequiredService<TelemetryDesk>().Alarms, .. app.Services.GetService<AuditKeeper>()?.Alarms ?? []];
        var control = app.Services.GetRequiredService<ISwitchControl>();
        control.AlarmWith(() => app.Services.GetRequiredService<ConfigurationHolder>().Alarms);
        control.AlarmWith(() => app.Services.GetRequiredService<Alarms.ScannerWatch>().Alarms);
        control.AlarmWith(() => app.Services.GetRequiredService<Alarms.ValidityWatch>().Alarms);
        if (configuration.Switch.Cluster is not null) control.FollowWith(app.Services.GetRequiredService<ConfigurationHolder>().FollowAsync);
        app.Services.GetRequiredService<ConfigurationHolder>().Attach(
            control, app.Services.GetRequiredService<ISwitchEvents>(), next => UseKeys(app.Services, next));
        var bridge = app.Services.GetRequiredService<MeterBridge>();
        app.Services.GetRequiredService<SwitchGauges>().AddTo(bridge.Registry);
        app.Use((context, next) => SeparateEndpointsAsync(context, next, bridge));
        // Behind the rules for pages: a token of a form is bound to the person who asked for it.
        app.UseAntiforgery();
        // Whoever approves something must find whoever does it.
        _ = (app.Services.GetRequiredService<IOperatorActions>(), app.Services.GetRequiredService<INodeActions>(), app.Services.GetRequiredService<IAccessDesk>());
        app.MapApi();
        app.MapSignIn();
        app.MapDashboard();
        return app;
    }

    // Without tokens and without settings that protect anything this costs nothing; a reload may bring such settings.
    private static void AddProtection(IServiceCollection services, NodeConfiguration configuration, TimeProvider time)
    {
        if (!configuration.Keys.Tokens.IsEmpty || !configuration.Keys.Elsewhere.IsEmpty)
        {
            services.AddSingleton(provider => new TokenDirectory(configuration.Keys.Tokens, time) { Peers = provider.GetService<IKeyPeers>() });
            services.AddSingleton(provider => new TokenMonitor(provider.GetRequiredService<TokenDirectory>(), Elsewhere(configuration)));
            services.AddSingleton<ITokenMonitor>(provider => provider.GetRequiredService<TokenMonitor>());
        }

        if (!configuration.Keys.Tokens.IsEmpty && configuration.Switch.Cluster is not null)
        {
            services.AddSingleton(provider => new KeyHost(provider.GetRequiredService<TokenDirectory>(), Ring(provider, configuration)));
            services.AddSingleton<IKeyHost>(provider => provider.GetRequiredService<KeyHost>());
        }

        services.AddCertificateFinding(configuration.Finding, time);
        services.AddSingleton(new ListMembersDesk(configuration.ListDirectories, time));
        services.AddSingleton<IListMembers>(provider => provider.GetRequiredService<ListMembersDesk>());
        services.AddSingleton<IRecipientCertificates>(provider => provider.GetRequiredService<CertificateFinding>());
        services.AddSingleton(provider => new SmimeProtection(Ring(provider, configuration), time, provider.GetRequiredService<CertificateFinding>(), provider.GetRequiredService<CertificateFinding>())
        {
            Status = provider.GetRequiredService<CertificateFinding>(),
        });
        services.AddSingleton<IMessageProtection>(provider => provider.GetRequiredService<SmimeProtection>());
        services.AddSingleton(provider => new SmimeBoundary(Ring(provider, configuration), time)
        {
            Names = new ProxyKeyNames(), Status = provider.GetRequiredService<CertificateFinding>(), Harvest = provider.GetRequiredService<CertificateFinding>(),
        });
        services.AddSingleton<IBoundaryProtection>(provider => provider.GetRequiredService<SmimeBoundary>());
        services.AddSingleton(provider => new ReceiptRelay(Ring(provider, configuration), time) { Names = new ProxyKeyNames(), Status = provider.GetRequiredService<CertificateFinding>() });
        services.AddSingleton<IReceiptRelay>(provider => provider.GetRequiredService<ReceiptRelay>());
    }

    private static Dictionary<string, ReadOnlyMemory<byte>>? Elsewhere(NodeConfiguration configuration) =>
        configuration.Keys.Elsewhere.IsEmpty ? null : configuration.Keys.Elsewhere.ToDictionary(l => l, l => configuration.Keys.OnTokens[l], StringComparer.Ordinal);

    private static void UseKeys(IServiceProvider services, NodeConfiguration next)
    {
        var ring = Ring(services, next);
        services.GetService<KeyHost>()?.Use(ring);
        if (Elsewhere(next) is { } elsewhere) services.GetService<TokenMonitor>()?.Use(elsewhere);
        services.GetService<CertificateFinding>()?.Use(next.Finding);
        services.GetService<ListMembersDesk>()?.Use(next.ListDirectories);
        services.GetService<SmimeProtection>()?.Use(ring);
        services.GetService<SmimeBoundary>()?.Use(ring);
        services.GetService<ReceiptRelay>()?.Use(ring);
        services.GetRequiredService<AuditSigner>().Use(ring, next.AuditKey);
        if (next.NodeCertificate is { } identity) services.GetRequiredService<NodeCredentials>().Replace(identity);
        services.GetRequiredService<ProxyCertificates>().Use(next, ring);
    }

    private static KeyRing Ring(IServiceProvider services, NodeConfiguration configuration) =>
        new(services.GetService<TokenDirectory>(), configuration.Keys.OnTokens, configuration.Keys.InMemory, services.GetRequiredService<KeyWorkers>());

    /// <summary>To standard error: standard output is data.</summary>
    public static void AddLogging(ILoggingBuilder logging, LogLevel level, LogFormat format)
    {
        logging.SetMinimumLevel(level);
        logging.AddFilter("Microsoft", level < LogLevel.Warning ? LogLevel.Warning : level);
        if (format == LogFormat.Json)
        {
            logging.AddJsonConsole(o =>
            {
                o.UseUtcTimestamp = true;
                o.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
            });
        }
        else
        {
            logging.AddSimpleConsole(o =>
            {
                o.SingleLine = true;
                o.UseUtcTimestamp = true;
                o.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            });
        }

        logging.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(o => o.LogToStandardErrorThreshold = LogLevel.Trace);
    }

    private static void Configure(KestrelServerOptions kestrel, NodeConfiguration configuration)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBufferSize = SocketBuffer;
        kestrel.Limits.MaxResponseBufferSize = SocketBuffer;
        kestrel.Limits.MaxRequestBodySize = MaximumApiBody;
        foreach (var listener in configuration.Listeners) Listeners.ListenSmtp(kestrel, listener.Name);
        Acp127Lines.Listen(kestrel, configuration);
        if (configuration.Tracking is { } tracking) Listeners.ListenMtqp(kestrel, tracking);
        Listeners.ListenHttp(kestrel, configuration);
    }

    private static async Task SeparateEndpointsAsync(HttpContext context, RequestDelegate next, MeterBridge bridge)
    {
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers.CacheControl = "no-store";
        try
        {
            if (await ProxyCertificates.TryAnswerAsync(context)) return;
            if (context.Features.Get<EndpointRole>() == EndpointRole.Metrics) await MeasurementEndpoints.AnswerAsync(context, bridge);
            else if (context.Request.Path.StartsWithSegments(ApiEndpoints.Prefix, StringComparison.Ordinal)) await AnswerCountedAsync(context, next);
            else await PageRules.AnswerAsync(context, next);
        }
        catch (BadHttpRequestException fault) when (!context.Response.HasStarted)
        {
            await Problems.Answer(fault.StatusCode, "The request can't be understood", null).ExecuteAsync(context);
        }
        catch (NotPermittedException refused) when (!context.Response.HasStarted)
        {
            await Problems.Forbidden(refused).ExecuteAsync(context);
        }
        catch (SpoolUnavailableException fault) when (!context.Response.HasStarted)
        {
            await Problems.StoreRefuses(fault).ExecuteAsync(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            context.Abort();
        }
        catch (Exception fault)
        {
            ApiLog.Failed(context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("MilSwitch.Host.Api"), fault);
            if (context.Response.HasStarted) context.Abort();
            else await Problems.Internal().ExecuteAsync(context);
        }
    }

    private static async Task AnswerCountedAsync(HttpContext context, RequestDelegate next)
    {
        var time = context.RequestServices.GetRequiredService<TimeProvider>();
        var started = time.GetTimestamp();
        try
        {
            await AnswerApiAsync(context, next);
        }
        finally
        {
            ApiMeter.Count(context.GetEndpoint()?.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName, context.Response.StatusCode, time.GetElapsedTime(started));
        }
    }

    private static async Task AnswerApiAsync(HttpContext context, RequestDelegate next)
    {
        if (await Doorkeeper.IdentifyForApiAsync(context) is not { } who)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer realm=\"milswitch\"";
            await Problems.Unauthorized().ExecuteAsync(context);
            return;
        }

        var caller = new ApiCaller(who);
        context.Features.Set(caller);
        context.Features.Set(who);
        // What brings a message is read whole, so that there may be a few of them only.
        using var place = SubmissionEndpoints.Is(context.Request) ? await SubmissionEndpoints.EnterAsync(context) : null;
        if (place is null && SubmissionEndpoints.Is(context.Request)) return;
        await IdempotentRequests.AnswerAsync(context, next, caller, context.RequestServices.GetRequiredService<IdempotencyKeys>(), context.RequestServices.GetService<IRequestStore>());
        // Routing answers without a body when nothing matches.
        if (context.Response is { HasStarted: false, StatusCode: 404 or 405, ContentType: null })
            await Problems.Answer(context.Response.StatusCode, "Not found", "There is no such operation.").ExecuteAsync(context);
    }
}
