"""The runtime's protocol, tried on simulated processes: the room's own code, on a disk and a clock of ours.

    disk       a POSIX file system in memory, and what a power cut leaves of it
    scheduler  who goes on at each call; what is killed, failed, cut or delayed; all by the seed
    process    one simulated process: descriptors, environment, outcome; its thread
    system     `os`, `fcntl`, `time`, `open` and the like, as that process sees them
    room       the runtime's modules, loaded anew for each process
    apps       the built files, and what their starts must find
    broken     faults put into the room, for the simulation to find
    door       how the room is entered: the only module that knows the names in it
    actors     what processes do: start, mend, prune
    rules        the protocol's rules, held against each change to the cache
    cases      which of them meet on which cache
    trial      one seed: played, then judged

`python -m tests.programs.simulation --help` says how to run many, and how to see one.
"""
