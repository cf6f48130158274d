using Axoneme.ControlPlane.Engine;
using Axoneme.Wire.Journal;

namespace Axoneme.ControlPlane.Entities.Services;

/// <summary>The service is wanted, with the addresses it was leased.</summary>
public sealed record ApplyService(DesiredService Service) : ServiceCommand, ICommand<Done>;
