namespace Axoneme.ControlPlane.Admin;

public sealed record ServicePortView(string Name, string Protocol, uint Port, uint? NodePort);
