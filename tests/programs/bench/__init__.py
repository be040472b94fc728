"""The benchmark: pexlite and its peers measured side by side, in time, size and memory. `nox -s bench` runs it.

__main__      what to measure, from the command line
workloads     the applications that are bundled, and what they must print
setting       where it happens: the base Python, one venv per tool, wheelhouses, clean environments
tools         each tool's best documented ways of building, as command lines
clock         a program of its own that runs one command and says what it cost
inflate       another one: what inflating the wheels costs by itself
timing        paired runs (A B A B), medians with least and most
instructions  the same in instructions, where the machine lets them be counted
targets       what to reach, as values that judge a row
results       the rows, to and from results.json
starts        warm, cold, a second version
carried       files that bring their own Python; only where it is asked for
instant       first starts of uncompressed files on ext4, XFS and btrfs; only where it is asked for
lazy          commands with lazy imports; only where it is asked for
kinds         warm starts with something sealed in, of scripts, interpreters and Spark workers
simultaneous  64 first starts at once
builds        from a lock, from names, from the network
weights       sizes, files written, memory
growth        more wheels, more files
spark         workers and first results on a Spark cluster; only where it is asked for
machine       what it was measured on
report        the table on the terminal and the one in docs/performance.md
chart         the SVG in it
"""
