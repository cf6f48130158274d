using Axoneme.Datapath.Layout;

namespace Axoneme.NodeActors.Services;

/// <summary>A pool under its id. What it lists never changes; a table may be added to it.</summary>
/// <param name="id">Its id.</param>
/// <param name="group">Whose backends they are.</param>
/// <param name="backends">Where its backends listen; null when it was made otherwise than it would be today: it is kept for whom it serves and given to nobody else.</param>
/// <param name="ids">Keys of the backends.</param>
internal sealed class InstalledPool(uint id, InstalledGroup group, BackendList? backends, uint[] ids) : Leaver
{
    public uint Id => id;

    public InstalledGroup Group => group;

    public BackendList? Backends => backends;

    public uint[] Ids => ids;

    /// <summary>0 while it has none.</summary>
    public uint TableSize { get; set; }

    /// <summary>Frontends that point to it, once for each side.</summary>
    public int Users { get; set; }

    /// <summary>A number for each piece of its table by which damage is found; null while nobody knows what the table should say.</summary>
    public ulong[]? PieceSums { get; set; }

    public bool SlotsWritten { get; set; }

    public bool TableWritten { get; set; }

    public int Pieces => PiecesOf(TableSize);

    public static int PiecesOf(uint tableSize) => (int)((tableSize + MaglevPiece.Length - 1) / MaglevPiece.Length);

    public ServicePool Reference(bool withTable) => new(id, (uint)ids.Length, withTable ? TableSize : 0);
}
