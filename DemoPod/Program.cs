using System.Net.Sockets;
using System.Runtime.InteropServices;
using Axoneme.DemoPod;

if (args is ["--help"] or ["-h"] or ["help"])
{
    Console.Out.WriteLine(ServeOptions.Usage);
    return 0;
}

ServeOptions options;
try
{
    options = ServeOptions.Parse(args);
}
catch (FormatException failure)
{
    Console.Error.WriteLine($"axoneme-pod: {failure.Message}\n\n{ServeOptions.Usage}");
    return 2;
}

using var stop = new CancellationTokenSource();
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
try
{
    await DemoPodProcess.RunAsync(options, stop.Token);
    return 0;
}
catch (Exception failure) when (failure is SocketException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"axoneme-pod {options.Name}: {failure.Message}");
    return 1;
}

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}
