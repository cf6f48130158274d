namespace Axoneme.ControlPlane.Entities.Services;

/// <summary>Why a service does not get what it wants, and the field of it that says so. What it had it keeps.</summary>
public sealed record AddressRefusal(string Field, string Message);
