using Axoneme.ControlPlane.Engine;

namespace Axoneme.ControlPlane.Entities.Services;

public sealed record RemoveService : ServiceCommand, ICommand<Done>;
