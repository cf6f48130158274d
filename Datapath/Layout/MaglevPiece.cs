using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Axoneme.Datapath.Layout;

/// <summary>Key of map <c>maglev</c> (<c>struct maglev_key</c>).</summary>
/// <param name="Pool">The pool's id.</param>
/// <param name="Piece">Entry n of the table is in piece n / <see cref="MaglevPiece.Length"/>.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct MaglevKey(uint Pool, uint Piece);

/// <summary>A piece of a pool's table (<c>struct maglev_piece</c>): index numbers into the pool.</summary>
[InlineArray(Length)]
public struct MaglevPiece
{
    public const int Length = 128;
    private ushort _slot;
}
