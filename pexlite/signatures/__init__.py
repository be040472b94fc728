"""Signatures of built files: a file and a key come in, an OpenSSH signature goes out; whose it is is checked.

OpenSSH's ssh-keygen signs and checks (sshsig, namespace "pexlite"), so keys, agents and hardware keys are its own
matter. What is signed is the whole file, byte for byte; a signature inside it is taken out first. Sigstore's
library signs and checks the same bytes by a bundle beside the file.

    check               who has signed a file, or an error: open this first
    ssh_keygen          ssh-keygen asked, and its answers in our words
    embedded            a signature as the last member of a file: put in, and taken out
    sigstore_bundle     the same question put to a bundle of Sigstore, and new bundles from its servers
"""
