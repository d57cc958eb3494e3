using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Configuration;
using MilSwitch.Host.Running;
using MilSwitch.Storage;
using MilSwitch.Storage.PostgreSql;
using MilSwitch.Storage.Sqlite;

namespace MilSwitch.Host.Commands;

/// <summary><c>milswitch run</c>.</summary>
internal static class RunCommand
{
    public static async Task<int> RunAsync(string file, CommandEnvironment environment, CancellationToken cancellationToken)
    {
        // Everything the node writes is for its own user; the socket's mode is set below.
        if (!OperatingSystem.IsWindows()) _ = SetUmask(0b000_111_111);
        var result = ConfigurationReader.Read(file);
        if (result.Configuration is not { } configuration)
        {
            foreach (var problem in result.Problems) environment.Error.WriteLine(problem);
            return result.Unreadable ? ExitCodes.NotFound : ExitCodes.Bad;
        }

        if (OpenFiles.Limit() is { } files and < OpenFiles.Fewest)
        {
            environment.Error.WriteLine($"milswitch: the system allows this process {files} open files and it needs {OpenFiles.Fewest} at least; raise ulimit -n or LimitNOFILE");
            return ExitCodes.Bad;
        }

        using var loggers = LoggerFactory.Create(b => NodeHost.AddLogging(b, configuration.LogLevel, configuration.LogFormat));
        try
        {
            var time = new SteadyTime(TimeProvider.System);
            await using var spool = await Stores.OpenAsync(configuration, time, loggers, cancellationToken);
            if (configuration.Switch.Cluster is null) return await ServeAsync(configuration, null, spool, time, environment, cancellationToken);
            // Not for a moment by the node's own file where the cluster has other settings by now.
            var shared = await SharedSettings.ReadAsync(spool, cancellationToken);
            if (shared is null) return await ServeAsync(configuration, null, spool, time, environment, cancellationToken);
            result = ConfigurationReader.Read(file, shared);
            if (result.Configuration is { } joined) return await ServeAsync(joined, shared, spool, time, environment, cancellationToken);
            foreach (var problem in result.Problems) environment.Error.WriteLine(problem);
            return ExitCodes.Bad;
        }
        catch (Exception fault)
        {
            var (exitCode, text) = Explain(fault, configuration);
            environment.Error.WriteLine("milswitch: " + text);
            if (exitCode == ExitCodes.Internal) environment.Error.WriteLine(fault);
            return exitCode;
        }
    }

    private static async Task<int> ServeAsync(NodeConfiguration configuration, SharedSettings? shared, ISealableSpool spool, TimeProvider time, CommandEnvironment environment, CancellationToken cancellationToken)
    {
        await using var app = NodeHost.Build(configuration, spool, time);
        Directory.CreateDirectory(Path.GetDirectoryName(configuration.Admin.Socket)!);
        // The folder is ours alone, so a socket that is still there was left by a node that is gone.
        File.Delete(configuration.Admin.Socket);
        var holder = app.Services.GetRequiredService<ConfigurationHolder>();
        if (configuration.Switch.Cluster is not null) holder.Share(spool, shared);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            // The holder logs how it ended.
            _ = holder.ReloadAsync();
        });

        try
        {
            await app.StartAsync(cancellationToken);
            if (configuration.Admin.SocketForGroup && !OperatingSystem.IsWindows())
                File.SetUnixFileMode(configuration.Admin.Socket, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
            await environment.Output.WriteLineAsync("ready");
            await environment.Output.FlushAsync(cancellationToken);
            SystemdNotification.Notify(SystemdNotification.Ready);
            using var stopping = app.Lifetime.ApplicationStopping.Register(() => SystemdNotification.Notify(SystemdNotification.Stopping));
            await app.WaitForShutdownAsync(cancellationToken);
            // A part of the node that gives up says so in the process's exit code.
            return Environment.ExitCode;
        }
        finally
        {
            if (spool.Health == SpoolHealth.Broken)
            {
                await environment.Error.WriteLineAsync($"milswitch: a sync of the store in {configuration.DataFolder} failed; start the node again, it trusts only what it reads back");
                ProcessEnd.AtOnce(ExitCodes.StoreBroken);
            }
        }
    }

    private static (int ExitCode, string Text) Explain(Exception fault, NodeConfiguration configuration)
    {
        for (var cause = fault; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case AddressInUseException or SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse }:
                    return (ExitCodes.Conflict, "an endpoint is in use already: " + fault.Message);
                case SocketException { SocketErrorCode: SocketError.AccessDenied }:
                    return (ExitCodes.NotPermitted, "an endpoint may not be opened by this user: " + fault.Message);
                case SocketException { SocketErrorCode: SocketError.AddressNotAvailable }:
                    return (ExitCodes.Bad, "an endpoint's address is not one of this machine: " + fault.Message);
                case DataFolderInUseException:
                    return (ExitCodes.Conflict, cause.Message);
                case StoreSealException seal:
                    return (seal.MayPass ? ExitCodes.Unreachable : ExitCodes.Bad, seal.Message);
                case UnauthorizedAccessException:
                    return (ExitCodes.NotPermitted, $"the data folder {configuration.DataFolder} may not be used by this user");
                case StoreVersionException:
                    return (ExitCodes.Bad, cause.Message);
                case SpoolUnavailableException unavailable when configuration.Database is { } database:
                    return (ExitCodes.Unreachable, $"the store {ConnectionText.Describe(database.Text)} can't be used: {unavailable.InnerException?.Message ?? unavailable.Message}");
                case SpoolUnavailableException unavailable:
                    return (ExitCodes.NotFound, $"the store in {configuration.DataFolder} can't be used: {unavailable.Message}");
                case IOException:
                    return (ExitCodes.Conflict, $"the data folder {configuration.DataFolder} or an endpoint can't be used: {cause.Message}");
            }
        }

        return (ExitCodes.Internal, "the node could not start or failed: " + fault.Message);
    }

    [DllImport("libc", EntryPoint = "umask")]
    private static extern uint SetUmask(uint mask);
}
