"""The content of built files, and the difference of two: who brought which wheel, under which licence, and why.

A file's path comes in, whoever made it: pexlite, pex or shiv. Frozen values go out. None of its code runs, and
whatever its wheels say of themselves is text: cut to a length, without control characters.

    values           the content of a file: `FileContents`, and the values in it; open this first
    read             a path -> FileContents
    built_file       the same of a file that pexlite made; foreign_file: of one that pex or shiv made
    foreign_members  the members of a wheel in such a file
    wheel_members    the members of a wheel in any of them
    wheel_places     the Pythons and platforms that a wheel is for
    metadata         what a wheel's METADATA says: its licence, what it requires
    graph            who brings whom, on the Pythons that the file serves
    reasons          that graph as a tree, and the ways to a project in it
    limits           what keeps the file from other Pythons and platforms
    bill             a CycloneDX bill of materials of it; brought_bills: those that its wheels bring (PEP 770)
    planned_file     the bill of a file that is about to be written; carried_bill: the one in a file, checked
    difference       two FileContents -> what has changed
"""
