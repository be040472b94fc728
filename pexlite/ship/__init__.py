"""A built file to other machines over ssh, and the difference of two files as a file.

A built file and `[USER@]HOST:PATH` come in; the host has the file, or a delta is written. A host sends its state,
the plan says what it lacks, and the delta is the plan as bytes.

    push              one push: ask, and send what is lacking; open this first
    shipment          a file on its way, and how that ended
    sending           what a host lacks, planned and sent
    many              several hosts at once, planned once for each state; one_host: which places are on one
    rollback          the file that a push has kept, put back
    destination       where a file goes
    connection        lines of JSON both ways, through ssh; refusals: a host's reasons, as errors
    ssh               the process; ahead: begun before the command line is read
    command           the text that the host's shell is given; by_shell: a host without a Python
    state             what a host said of itself; fits: whether the file runs there
    new_file          the file that is shipped, by its parts
    plan              the operations by which a host gets the file
    changed_members   how a changed member is sent; renamed: which old one it was made of, where its name is new
    gzip_files        members that are gzip files, by their parts
    deflate           whether zlib makes the bytes of a member again
    differences       bsdiff of two contents; old_contents: where old ones are found here
    operations        the operations as values and as bytes
    delta             a plan as bytes, and the part of it that a host still lacks
    delta_file        the difference of two files as a file
    served            a wheel as its index serves it, made again of the one that --no-compress wrote
    remote/           the host's side, texts that travel; travelling: with the runtime's modules that they need
    room              those modules as they are used here
"""
