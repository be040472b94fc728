"""Wheel files: read once and refused where they would do harm, written so that the same content is the same bytes.

In come files of anybody's; out come `Wheel` values, which later stages use instead of opening a file again.

    read         a wheel's name, tags, metadata and members as a `Wheel`; InvalidWheel for what no wheel may be
    metadata     METADATA, WHEEL and entry_points.txt, parsed
    record       RECORD, and files checked against it
    safety       members that no wheel may have
    zip_shape    zips that every reader reads alike
    content      digests of members' content
    write        a wheel written; always in the same bytes
    same_bytes   the WheelFile of `wheel`, in which nothing depends on the time
    normalise    a wheel that a backend has built, written anew
"""
