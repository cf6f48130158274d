using Axoneme.ControlPlane.Engine;

namespace Axoneme.ControlPlane.Entities.Services;

public abstract record ServiceCommand : ICommand;
