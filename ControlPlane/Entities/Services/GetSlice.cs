using Axoneme.ControlPlane.Engine;
using Axoneme.Wire.Journal;

namespace Axoneme.ControlPlane.Entities.Services;

/// <summary>What is in force; changes nothing.</summary>
public sealed record GetSlice : EndpointSliceCommand, ICommand<EndpointSliceState>;
