using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using MilSwitch.Domain.Alarms;

namespace MilSwitch.Host.Alarms;

/// <summary>
/// Runs a program with the alarms at its standard input. No shell, nothing of this process's environment but where programs
/// are, what it says is thrown away, and after its time it is killed with all that it started. Stateless and thread-safe.
/// </summary>
internal static class CommandNotifier
{
    public static async Task<string?> NotifyAsync(NotifierSettings.Command settings, AlarmNotification notification, TimeProvider time, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(settings.Program, settings.Arguments)
        {
            UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/",
        };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        start.Environment["LANG"] = "C.UTF-8";
        Process? process;
        try
        {
            process = Process.Start(start);
        }
        catch (Exception fault) when (fault is Win32Exception or InvalidOperationException)
        {
            return "the program can't be started";
        }

        if (process is null) return "the program can't be started";
        using (process)
        {
            using var limit = new CancellationTokenSource(settings.Limit, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
            try
            {
                var (said, complained) = (DrainAsync(process.StandardOutput.BaseStream, either.Token), DrainAsync(process.StandardError.BaseStream, either.Token));
                await WriteAsync(process, NotificationBody.Write(notification), either.Token);
                await process.WaitForExitAsync(either.Token);
                // What it left behind may hold its output open; nobody waits for that.
                if (said.IsCompleted && complained.IsCompleted) await Task.WhenAll(said, complained);
                return process.ExitCode is 0 ? null : string.Create(CultureInfo.InvariantCulture, $"the program ended with exit code {process.ExitCode}");
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return "the program took too long and was killed";
            }
            finally
            {
                await either.CancelAsync();
                Kill(process);
            }
        }
    }

    private static async Task WriteAsync(Process process, byte[] body, CancellationToken cancellationToken)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(body, cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // A program need not read what it is told.
        }
    }

    private static async Task DrainAsync(Stream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[4096];
        try
        {
            while (await stream.ReadAsync(buffer, cancellationToken) > 0)
            {
            }
        }
        catch (Exception fault) when (fault is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // It ends with the program.
        }
    }

    private static void Kill(Process process)
    {
        try
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
        catch (Exception fault) when (fault is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It ended by itself at this moment.
        }
    }
}
