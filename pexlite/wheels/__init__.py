"""Wheel files: read once and refused where they would do harm, written so that equal content gives equal bytes.

Files of unknown origin come in; `Wheel` values go out, which later stages use instead of opening a file again.

    read         a wheel's name, tags, metadata and members as a `Wheel`; InvalidWheel for a forbidden one
    metadata     METADATA, WHEEL and entry_points.txt, parsed
    record       RECORD, and files checked against it
    safety       members that no wheel may have
    zip_shape    zips that every reader reads alike
    content      digests of members' content
    write        a wheel written; always in the same bytes
    pieces       places in large members from which they can be read
    same_bytes   the WheelFile of `wheel`, in which nothing depends on the time
    normalise    a wheel built by a backend, written anew
    path_requirements    Requires-Dist lines with `file:` URLs
"""
