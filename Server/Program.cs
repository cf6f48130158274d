using System.CommandLine;
using System.Runtime.InteropServices;
using Axoneme.Server.Agent;
using Axoneme.Server.AllInOne;
using Axoneme.Server.ControlPlane;

using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
var root = new RootCommand("Axoneme's server side: a control plane, the agents of its nodes, or everything in one process.")
{
    AllInOneCommand.Create(), ControlPlaneCommand.Create(), AgentCommand.Create(),
};

// The library's own handling would end the process after two seconds; removing pods may take longer.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null }, stop.Token);

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}
