namespace Axoneme.Cni;

/// <summary>Values of CNI_COMMAND, spelled as there.</summary>
internal enum CniCommand
{
    ADD,
    DEL,
    CHECK,
    GC,
    STATUS,
    VERSION,
}
