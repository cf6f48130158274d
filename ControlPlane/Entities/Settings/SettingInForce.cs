namespace Axoneme.ControlPlane.Entities.Settings;

/// <summary>A setting's value.</summary>
public sealed record SettingInForce(string Value);
