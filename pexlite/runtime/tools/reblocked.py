"""Content as gzip deflates it, made of what zlib does: the same symbols, but gzip ends its blocks elsewhere.

A block of deflate (RFC 1951) is a head, which tells how long each symbol's code is, and symbols. `heads_of` has
the heads of a deflated content and how many symbols follow each; `reblocked` makes that content again, of the same
symbols in blocks of zlib. Contents in which a block is stored, or that another program deflated, do not come out.
"""

from .patched import Misfit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Codes = list[tuple[int, int]]
    Head = tuple[int, int, int]

_MORE = (0,) * 8 + tuple([bits for bits in range(1, 6) for _ in range(4)][:20]) + (0,)
"""The bits that follow the symbol of a length, from symbol 257 on."""
_FURTHER = (0, 0) + tuple([bits for bits in range(14) for _ in range(2)])
"""The bits that follow the symbol of a distance."""
_ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)
_END = 256
_FIXED = ([8] * 144 + [9] * 112 + [7] * 24 + [8] * 8, [5] * 30)


class _Bits:
    """The bits of some bytes, the lowest first."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._next = 0
        self.held = self.count = 0

    def place(self) -> int:
        """The number of bits that were taken."""
        return 8 * self._next - self.count

    def ahead(self, count: int) -> int:
        """The next `count` bits and more, 0 where there are none."""
        while self.count < count:
            self.held |= int.from_bytes(self._content[self._next : self._next + 8], "little") << self.count
            self._next += 8
            self.count += 64
            if self._next > len(self._content) + 64:
                raise Misfit("it is damaged: deflated content has no end")
        return self.held

    def take(self, count: int) -> int:
        """The next `count` bits."""
        found = self.ahead(count) & (1 << count) - 1
        self.held >>= count
        self.count -= count
        return found

    def symbol(self, table: "Codes") -> int:
        """The next symbol, by a table of all that may come."""
        found, size = table[self.ahead(15) & len(table) - 1]
        self.held >>= size
        self.count -= size
        return found


def heads_of(deflated: bytes) -> "list[Head]":
    """For each block its head as a number, that one's bits, and how many symbols the block has. Raises Misfit."""
    try:
        return [(head, bits, sum([1 for _ in symbols])) for head, bits, symbols in _blocks(deflated)]
    except (IndexError, ValueError):
        raise Misfit("it is damaged: deflated content")


def reblocked(deflated: bytes, heads: "Sequence[Head]") -> bytes:
    """The symbols of `deflated` under other `heads`. Raises Misfit."""
    try:
        return _reblocked(deflated, heads)
    except (IndexError, ValueError, OverflowError):
        raise Misfit("it is damaged: the blocks of deflated content")


def _reblocked(deflated: bytes, heads: "Sequence[Head]") -> bytes:
    symbols = (symbol for _, _, block in _blocks(deflated) for symbol in block)
    written = bytearray()
    held = count = 0
    for head, bits, amount in heads:
        held |= head << count
        count += bits
        lengths = _lengths(_Bits((head >> 1).to_bytes((bits + 6) // 8, "little")))
        letters, distances = [_codes(each) for each in lengths]
        for _ in range(amount):
            symbol, more, distance, further = next(symbols, (-1, 0, 0, 0))
            if symbol < 0:
                raise ValueError("there are fewer symbols")
            code, size = letters[symbol]
            held |= code << count
            count += size
            if symbol > _END:
                size = _MORE[symbol - 257]
                held |= more << count
                count += size
                code, size = distances[distance]
                held |= (code | further << size) << count
                count += size + _FURTHER[distance]
            if count >= 64:
                written += (held & 0xFFFFFFFFFFFFFFFF).to_bytes(8, "little")
                held >>= 64
                count -= 64
        code, size = letters[_END]
        held |= code << count
        count += size
    return bytes(written) + held.to_bytes((count + 7) // 8, "little")


def _blocks(deflated: bytes) -> "Iterator[tuple[int, int, Iterator[tuple[int, int, int, int]]]]":
    """The head of each block, its bits, and the symbols, which have to be taken before the next block."""
    bits = _Bits(deflated)
    is_last = 0
    while not is_last:
        start = bits.place()
        is_last = bits.take(1)
        lengths = _lengths(bits)
        size = bits.place() - start
        head = int.from_bytes(deflated[start // 8 : bits.place() // 8 + 1], "little") >> start % 8
        yield head & (1 << size) - 1, size, _symbols(bits, *[_table(each) for each in lengths])


def _symbols(bits: _Bits, letters: "Codes", distances: "Codes") -> "Iterator[tuple[int, int, int, int]]":
    while True:
        symbol = bits.symbol(letters)
        if symbol == _END:
            return
        if symbol < _END:
            yield symbol, 0, 0, 0
        else:
            more = bits.take(_MORE[symbol - 257])
            distance = bits.symbol(distances)
            yield symbol, more, distance, bits.take(_FURTHER[distance])


def _lengths(bits: _Bits) -> "tuple[list[int], list[int]]":
    """How long the code of each letter or length is, and that of each distance, by the head of a block."""
    kind = bits.take(2)
    if kind == 1:
        return _FIXED
    if kind != 2:
        raise Misfit("a block is stored")
    letters, distances, count = bits.take(5) + 257, bits.take(5) + 1, bits.take(4) + 4
    own = [0] * 19
    for place in _ORDER[:count]:
        own[place] = bits.take(3)
    table = _table(own)
    found = []  # type: list[int]
    while len(found) < letters + distances:
        symbol = bits.symbol(table)
        if symbol < 16:
            found.append(symbol)
        elif symbol == 16:
            found += found[-1:] * (3 + bits.take(2))
        else:
            found += [0] * (3 + bits.take(3) if symbol == 17 else 11 + bits.take(7))
    return found[:letters], found[letters:]


def _codes(lengths: "Sequence[int]") -> "Codes":
    """The code of each symbol, its first bit the lowest, and how long that is."""
    code = 0
    found = [(0, 0)] * len(lengths)
    for size in range(1, 16):
        for symbol, length in enumerate(lengths):
            if length == size:
                found[symbol] = (int(format(code, "0%db" % size)[::-1], 2), size)
                code += 1
        code <<= 1
    return found


def _table(lengths: "Sequence[int]") -> "Codes":
    """By the bits that come next, the symbol and how many of them are its code."""
    longest = max(1, *lengths)
    found = [(_END, 0)] * (1 << longest)
    for symbol, (code, size) in enumerate(_codes(lengths)):
        if size:
            for place in range(code, 1 << longest, 1 << size):
                found[place] = (symbol, size)
    return found
