using Axoneme.ControlPlane.Engine;
using Axoneme.Wire.Journal;

namespace Axoneme.ControlPlane.Entities.Services;

public sealed record ApplySlice(DesiredSlice Slice) : EndpointSliceCommand, ICommand<Done>;
