"""Other systems and Pythons, made here: files are built on this machine and run there. `nox -s pythons`.

__main__      which machines, which rows, from the command line
machine       what a machine is, and a Python on it
table         all machines
roots         a machine's root file system, made by debootstrap or of busybox, and kept
compiled      CPythons that no Debian has, compiled from Debian's sources, and kept
inside        a command run in a root file system by its ordinary user; another processor's, by QEMU
application   the application that the files carry
files         the files, built by this checkout for the Pythons of a machine
visit         one Python of one machine, with its files and homes
journey       the rows: starts, children, damage, tools, words
neighbours    rows of two machines that share a home, and of one that has no Python
packages      this checkout and what it needs, to be shown inside
room          the runtime's tests, run by a Python of a machine
report        a line for each row, the closing table, results.json and its part of docs/machines.md
"""
