"""The store: every wheel that was ever fetched or built here, by the sha256 of its bytes.

In come files with a digest to check them by; out come `Wheel` values that lie here and are whole.

    store          the directory, its names and its locks; a wheel comes in whole or not at all
    names          what its entries are called, and so what may be removed
    facts          a wheel's facts as JSON, so that a warm build opens no wheel
    pieces         where large members of wheels can be read from, found once and kept
    uncompressed   a wheel with uncompressed members, made once and kept (`--no-compress`)
    packed         such a wheel in frames of zstandard, likewise (`--zstd`)
"""
