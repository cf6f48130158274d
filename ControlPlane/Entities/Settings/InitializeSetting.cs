using Axoneme.ControlPlane.Engine;

namespace Axoneme.ControlPlane.Entities.Settings;

/// <summary>Sets a value that may be chosen once in a cluster's life; answered with the one in force.</summary>
public sealed record InitializeSetting(string Value) : ICommand<SettingInForce>;
